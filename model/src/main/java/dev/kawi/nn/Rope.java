package dev.kawi.nn;

import java.util.List;

/// Rotary position embedding: pairs of elements of each head turn by position x frequency. Source:
/// arXiv 2104.09864. Immutable; compared by identity, so that layers can share tables.
public final class Rope {
  /// Which elements of the first `dims` of a head form pairs.
  public enum Layout {
    /// Neighbours: (2i, 2i + 1), as Llama files in GGUF have it.
    NORMAL,
    /// Halves: (i, i + dims / 2), as GPT-NeoX and Hugging Face have it.
    NEOX
  }

  /// What counts as the position of a token.
  public enum Axis {
    /// Its place in the sequence.
    SEQUENCE,
    /// Its place in the sequence's [BidirectionalSpan]; of tokens after it, that of the mask.
    CONTEXT,
    /// 0 in the sequence's [BidirectionalSpan], and 1, 2, ... after it.
    SPAN
  }

  private final Layout layout;
  private final int dims;
  private final double[] frequencies;
  private final float magnitude;
  private final List<Axis> axes;

  /// Turns the first `2 * frequencies.length` elements of each head.
  ///
  /// @param frequencies radians per position of each pair
  /// @param magnitude factor on the turned elements (YaRN's and LongRoPE's attention factor; else
  ///   1)
  public Rope(Layout layout, double[] frequencies, float magnitude) {
    this(layout, frequencies, magnitude, List.of(Axis.SEQUENCE));
  }

  /// The same for heads that take turns in what turns them: head h goes by axis h modulo their
  /// number. A head of two axes is turned as two heads. Source: arXiv 2103.10360, section 2.1.
  public Rope(Layout layout, double[] frequencies, float magnitude, List<Axis> axes) {
    this.layout = layout;
    this.dims = 2 * frequencies.length;
    this.frequencies = frequencies.clone();
    this.magnitude = magnitude;
    this.axes = List.copyOf(axes);
  }

  /// The same with another magnitude.
  public Rope withMagnitude(float other) {
    return new Rope(layout, frequencies, other, axes);
  }

  /// Which elements form pairs.
  public Layout layout() {
    return layout;
  }

  /// Elements of a head that are turned; the rest stay.
  public int dims() {
    return dims;
  }

  /// What counts as the position for this head.
  Axis axis(int head) {
    return axes.get(head % axes.size());
  }

  /// Writes cos and sin (times the magnitude) of a position, one entry per pair.
  public void angles(int position, float[] cos, float[] sin, int at) {
    for (int i = 0; i < frequencies.length; i++) {
      double angle = position * frequencies[i];
      cos[at + i] = (float) (StrictMath.cos(angle) * magnitude);
      sin[at + i] = (float) (StrictMath.sin(angle) * magnitude);
    }
  }
}
