package dev.kawi.kernel;

import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The arithmetic of a model at the grain of rows and matrices. Implementations hold no state; a
/// call works on a range of rows (or elements) so that a [ThreadTeam] can split it, and writes
/// nothing outside its range.
///
/// ## The one numeric definition
///
/// Every tier, batch size, chunk and thread count gives the same bits, because each result is
/// defined by itself:
///
/// - Weights that are stored in F32 or F16 meet activations in F32. Their sum over k has [#LANES]
///   partial sums: term k goes to lane k mod 16, in ascending k, each step one fused multiply-add.
///   The lanes are then folded in halves: the upper eight onto the lower eight, then four onto
///   four, two onto two, one onto one.
/// - Weights that are stored in BF16 meet activations that are rounded to BF16 ([Bf16Rows]), in the
///   same way, but each 32 terms in the order 1, 3 ... 31, 0, 2 ... 30. A tier that has an
///   instruction for it may take weights, terms and sums below 2^-126 for zero.
/// - Weights that are stored in blocks meet activations that are rounded to int8 in blocks of 32
///   ([RoundedRows]). The sum over a sub-block (the elements that share a scale, 16 or 32) is a
///   whole number and exact; then, sub-block after sub-block in ascending k, `sum = fma(whole
///   number, weight scale * activation scale, sum)`, and where the weights have a minimum `sum =
///   fma(minimum, activation scale * sum of the levels, sum)`. Weight scales and minimums are those
///   of [Blocks].
/// - Other sums over k (of squares, of exponentials) have 16 lanes too, with an addition where
///   there is no product.
/// - A score of attention is one fused multiply-add after another in ascending element of the head,
///   a weighted sum of values one after another in ascending position, for each element on its own.
///   The maximum and the sum of the softmax are over all positions at once: pages do not show in
///   it.
/// - A short convolution sums its products with one fused multiply-add after another from 0 on, the
///   oldest token first.
/// - A gated delta rule ([DeltaJob]) takes one token of a sequence after another, whatever the
///   chunk. With the token's query q, key k and value v of a head, its beta and its decay, and sums
///   over i in ascending order by fused multiply-adds from 0 on: `m[i, j] = S[i, j] * decay`;
///   `p[j]` is the sum of `m[i, j] k[i]`; `d[j] = (v[j] - p[j]) * beta`; `S[i, j] = fma(k[i], d[j],
///   m[i, j])`; and `out[j]` is the sum of `S[i, j] q[i]`.
/// - exp is the polynomial of [Exp], in the same operations everywhere.
///
/// Since a result never depends on its neighbours, a row's logits do not depend on who else is in
/// the batch. Decision 001 says why these sums were chosen.
public interface Kernels {
  /// Partial sums of a reduction.
  int LANES = 16;

  /// The name of this tier, for people.
  String name();

  /// Rows of a matrix that lie side by side when it is packed.
  int GROUP_ROWS = 16;

  /// Whether this tier reads matrices of this type packed ([PackedMatrix#pack]).
  boolean packs(StorageType type);

  /// Packs groups of rows of a matrix, from `groupFrom` to `groupTo` (exclusive), into memory that
  /// holds all of them ([PackedMatrix#packedBytes]) and is zero so far.
  void pack(Matrix w, MemorySegment packed, int groupFrom, int groupTo, Workspace workspace);

  /// Rounds the rows of x from `from` to `to` (exclusive).
  void round(Tensor x, Rounded rounded, int from, int to, Workspace workspace);

  /// Multiplies: `y[t, r]` is the sum over k of `w[r, k] x[t, k]`, plus `bias[r]` if there is one,
  /// for all rows t of x and the rows r of w from `rowFrom` to `rowTo` (exclusive).
  ///
  /// @param rounded x rounded by this tier; needed, and used, where the weights are stored in
  ///   blocks or in BF16
  /// @param rowFrom a multiple of [#GROUP_ROWS]
  /// @param rowTo a multiple of [#GROUP_ROWS], or the number of rows
  void matmul(
      PackedMatrix w,
      Tensor x,
      @Nullable Rounded rounded,
      @Nullable Tensor bias,
      Tensor y,
      int rowFrom,
      int rowTo,
      Workspace workspace);

  /// Dequantizes `count` elements, a whole number of blocks.
  void dequantize(
      StorageType type,
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
      int count);

  /// Stores `count` floats as blocks of `type`, which must be F32, F16 or Q8_0 (the types of the
  /// key-value cache), as ggml's reference does.
  void quantize(
      StorageType type,
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
      int count);

  /// y = x / sqrt(mean(x^2) + eps) * weight, on each group of weight.cols() elements; groups are
  /// counted through all of x. Source: arXiv 1910.07467.
  void rmsNorm(Tensor x, Tensor weight, float eps, Tensor y, int from, int to, Workspace workspace);

  /// y = (x - mean) / sqrt(variance + eps) * weight (+ bias), by rows. Source: arXiv 1607.06450.
  void layerNorm(
      Tensor x, Tensor weight, @Nullable Tensor bias, float eps, Tensor y, int from, int to);

  /// y = a + b on elements [from, to).
  void add(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace);

  /// y = a * b on elements [from, to).
  void multiply(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace);

  /// y = factor * x on elements [from, to).
  void scale(float factor, Tensor x, Tensor y, int from, int to);

  /// Row `yRow` of y += factor * row `xRow` of x.
  void addScaledRow(float factor, Tensor x, int xRow, Tensor y, int yRow);

  /// y = f(x) on elements [from, to).
  void activate(Activation f, Tensor x, Tensor y, int from, int to, Workspace workspace);

  /// y = f(x) * other on elements [from, to), each step rounded.
  void gate(Activation f, Tensor x, Tensor other, Tensor y, int from, int to, Workspace workspace);

  /// y = cap * tanh(x / cap) on elements [from, to).
  void softCap(float cap, Tensor x, Tensor y, int from, int to);

  /// y += a * b, each a fused multiply-add, on `count` floats from these bytes on.
  void multiplyAdd(
      MemorySegment a,
      long aByte,
      MemorySegment b,
      long bByte,
      MemorySegment y,
      long yByte,
      int count);

  /// The gated delta rule of one head over tokens of one sequence, whose state it moves on.
  void deltaRule(DeltaJob job);

  /// Attention of one token's heads over the pages of its sequence.
  void attend(AttentionJob job, Workspace workspace);
}
