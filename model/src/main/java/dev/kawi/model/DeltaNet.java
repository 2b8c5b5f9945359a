package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.GatedDeltaNet;
import dev.kawi.nn.GatedDeltaNet.Heads;
import dev.kawi.nn.GatedDeltaNet.Maps;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Projection;
import dev.kawi.nn.Projection.QkNormRope;
import dev.kawi.nn.Rope;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.Tensor;
import dev.kawi.weights.HuggingFaceFolder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;

/// Decoders whose layers have a gated delta net, but every few of them attention with gated
/// queries, as checkpoints name them: `attn_qkv` and `attn_gate`, or both in `ssm_in`; `ssm_beta`
/// and `ssm_alpha`, or both in `ssm_ba`; `ssm_conv1d`, `ssm_dt`, `ssm_a`, `ssm_norm`, `ssm_out`.
///
/// @param heads of the gated delta nets
/// @param kernel tokens that their convolutions see
record DeltaNet(Heads heads, int kernel) {
  private static final int MAX_KERNEL = 64;

  /// Most elements of a state or of a row of activations.
  private static final long MAX_SIZE = 1 << 24;

  /// The decoder with these feed-forward layers.
  ///
  /// @param order which value heads a key head serves in GGUF files of the architecture
  static Decoder decoder(
      Checkpoint checkpoint,
      int contextLength,
      Heads.Order order,
      IntFunction<FeedForward> feedForward) {
    int hiddenSize = checkpoint.config().hiddenSize();
    DeltaNet net = of(checkpoint, order);
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    boolean[] recurrent = recurrentLayers(checkpoint);
    return Layers.decoder(
        checkpoint,
        i -> {
          Norm before = checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize);
          Norm after = checkpoint.rmsNorm("blk." + i + ".post_attention_norm", hiddenSize);
          FeedForward mlp = feedForward.apply(i);
          return recurrent[i]
              ? Block.of(before, net.layer(checkpoint, i), after, mlp)
              : Block.of(before, attention(checkpoint, i, rope), after, mlp);
        });
  }

  /// The layers that have a gated delta net.
  private static boolean[] recurrentLayers(Checkpoint checkpoint) {
    int layers = checkpoint.config().numLayers();
    String key = checkpoint.key("attention.recurrent_layers");
    boolean[] recurrent = new boolean[layers];
    if (checkpoint.metadata().has(key)) {
      boolean[] found = checkpoint.metadata().bools(key).orElse(new boolean[0]);
      if (found.length < layers) {
        throw new ModelFormatException(
            "gguf: %s says the kind of %d layers, expected %d; is the file damaged?"
                .formatted(key, found.length, layers));
      }
      return Arrays.copyOf(found, layers);
    }
    int interval =
        checkpoint.metadata().integer(checkpoint.key("full_attention_interval")).orElse(4);
    if (interval < 1) {
      throw new ModelFormatException(
          "gguf: %s is %d, expected 1 or more"
              .formatted(checkpoint.key("full_attention_interval"), interval));
    }
    for (int i = 0; i < layers; i++) {
      recurrent[i] = (i + 1) % interval != 0;
    }
    return recurrent;
  }

  /// Attention whose queries have gates.
  private static Attention attention(Checkpoint checkpoint, int layer, Rope rope) {
    ModelConfig config = checkpoint.config();
    Attention.Heads heads = config.heads();
    int headDim = heads.headDim();
    String block = "blk." + layer + ".";
    QkNormRope normRope =
        new QkNormRope(
            checkpoint.rmsNorm(block + "attn_q_norm", headDim),
            checkpoint.rmsNorm(block + "attn_k_norm", headDim),
            rope,
            headDim,
            QkNormRope.Order.NORM_ROPE);
    int querySize = heads.numHeads() * headDim;
    Projection.Separate maps =
        new Projection.Separate(
            checkpoint.linear(block + "attn_q", 2 * querySize, config.hiddenSize()),
            checkpoint.linear(block + "attn_k", heads.kvSize(), config.hiddenSize()),
            checkpoint.linear(block + "attn_v", heads.kvSize(), config.hiddenSize()),
            checkpoint.linear(block + "attn_output", config.hiddenSize(), querySize),
            0,
            normRope);
    return new Attention(
        layer, new Projection.Gated(maps, heads.numHeads()), heads, Layers.usualScores(checkpoint));
  }

  /// The sizes that the file says.
  private static DeltaNet of(Checkpoint checkpoint, Heads.Order order) {
    int keyDim = size(checkpoint, "ssm.state_size");
    int keyHeads = size(checkpoint, "ssm.group_count");
    int valueHeads = size(checkpoint, "ssm.time_step_rank");
    int inner = size(checkpoint, "ssm.inner_size");
    int kernel = size(checkpoint, "ssm.conv_kernel");
    long state = (long) keyDim * inner;
    if (inner % valueHeads != 0
        || valueHeads % keyHeads != 0
        || kernel > MAX_KERNEL
        || state > MAX_SIZE
        || kernel * (2L * keyHeads * keyDim + inner) > MAX_SIZE) {
      throw new ModelFormatException(
          "gguf: %s with %d key heads of %d elements, %d value heads of %d elements in all and a convolution over %d tokens cannot be; is the file damaged?"
              .formatted(
                  checkpoint.config().architecture(), keyHeads, keyDim, valueHeads, inner, kernel));
    }
    Heads.Order found =
        checkpoint
            .metadata()
            .string(HuggingFaceFolder.VALUE_HEADS)
            .map(Heads.Order::valueOf)
            .orElse(order);
    return new DeltaNet(new Heads(keyHeads, valueHeads, keyDim, inner / valueHeads, found), kernel);
  }

  private static int size(Checkpoint checkpoint, String ending) {
    int size = checkpoint.metadata().integer(checkpoint.key(ending)).orElse(0);
    if (size < 1 || size > 1 << 20) {
      throw new ModelFormatException(
          "gguf: %s is %d, expected 1 to 1048576".formatted(checkpoint.key(ending), size));
    }
    return size;
  }

  /// The gated delta net of a layer.
  private GatedDeltaNet layer(Checkpoint checkpoint, int layer) {
    String block = "blk." + layer + ".";
    int valueHeads = heads.numValueHeads();
    float length = (float) (1 / Math.sqrt(heads.keyDim()));
    return new GatedDeltaNet(
        layer,
        maps(checkpoint, block),
        heads,
        turned(checkpoint.table(block + "ssm_conv1d.weight", heads.channels(), kernel)),
        checkpoint.vector(block + "ssm_a", valueHeads),
        length(checkpoint, block + "ssm_q_length", length * length),
        length(checkpoint, block + "ssm_k_length", length),
        checkpoint.rmsNorm(block + "ssm_norm", heads.valueDim()));
  }

  /// x * length / sqrt(mean(x^2) + eps / keyDim), which is x / sqrt(sum(x^2) + eps) times a factor.
  private Norm length(Checkpoint checkpoint, String name, float length) {
    float[] factors = new float[heads.keyDim()];
    Arrays.fill(factors, length);
    float eps =
        checkpoint
            .metadata()
            .number(HuggingFaceFolder.LENGTH_EPSILON)
            .orElse(checkpoint.config().normEps());
    return new Norm.RmsNorm(name, Tensor.of(factors, 1, factors.length), eps / factors.length);
  }

  private Maps maps(Checkpoint checkpoint, String block) {
    int hiddenSize = checkpoint.config().hiddenSize();
    int valueSize = heads.valueSize();
    Linear output = checkpoint.linear(block + "ssm_out", hiddenSize, valueSize);
    Linear[] betaAlpha = betaAlpha(checkpoint, block);
    Tensor bias = checkpoint.vector(block + "ssm_dt.bias", heads.numValueHeads());
    Linear alpha = new Linear(betaAlpha[1].name(), betaAlpha[1].weight(), bias);
    if (!checkpoint.has(block + "ssm_in.weight")) {
      return new Maps(
          checkpoint.linear(block + "attn_qkv", heads.channels(), hiddenSize),
          checkpoint.linear(block + "attn_gate", valueSize, hiddenSize),
          betaAlpha[0],
          alpha,
          output);
    }
    Matrix all =
        checkpoint.matrix(block + "ssm_in.weight", heads.channels() + valueSize, hiddenSize);
    return new Maps(
        new Linear(block + "attn_qkv", rows(all, heads.channels(), this::rowOfQkv), null),
        new Linear(block + "attn_gate", rows(all, valueSize, this::rowOfGate), null),
        betaAlpha[0],
        alpha,
        output);
  }

  private Linear[] betaAlpha(Checkpoint checkpoint, String block) {
    int hiddenSize = checkpoint.config().hiddenSize();
    int count = heads.numValueHeads();
    if (!checkpoint.has(block + "ssm_ba.weight")) {
      return new Linear[] {
        checkpoint.linear(block + "ssm_beta", count, hiddenSize),
        checkpoint.linear(block + "ssm_alpha", count, hiddenSize)
      };
    }
    Matrix both = checkpoint.matrix(block + "ssm_ba.weight", 2 * count, hiddenSize);
    int group = group();
    return new Linear[] {
      new Linear(block + "ssm_beta", rows(both, count, h -> h + h / group * group), null),
      new Linear(block + "ssm_alpha", rows(both, count, h -> h + (h / group + 1) * group), null)
    };
  }

  // ---- rows that are stored by key head: its query, its key, its values, their gates ----

  private int group() {
    return heads.numValueHeads() / heads.numKeyHeads();
  }

  private int rowOfQkv(int row) {
    int keySize = heads.keySize();
    if (row < 2 * keySize) {
      int inKeys = row % keySize;
      int head = inKeys / heads.keyDim();
      int before = row < keySize ? 0 : heads.keyDim();
      return head * stride() + before + inKeys % heads.keyDim();
    }
    return rowOfValues(row - 2 * keySize, 2 * heads.keyDim());
  }

  private int rowOfGate(int row) {
    return rowOfValues(row, 2 * heads.keyDim() + group() * heads.valueDim());
  }

  private int rowOfValues(int row, int before) {
    int values = group() * heads.valueDim();
    return row / values * stride() + before + row % values;
  }

  /// Rows of a key head.
  private int stride() {
    return 2 * (heads.keyDim() + group() * heads.valueDim());
  }

  /// Some rows of a matrix in another order, as a copy.
  private static Matrix rows(Matrix from, int count, IntUnaryOperator rowOf) {
    long bytes = from.rowBytes();
    MemorySegment copy = Arena.ofAuto().allocate(count * bytes, Long.BYTES);
    for (int r = 0; r < count; r++) {
      MemorySegment.copy(from.data(), rowOf.applyAsInt(r) * bytes, copy, r * bytes, bytes);
    }
    return new Matrix(from.type(), count, from.cols(), copy);
  }

  /// [channels, kernel] as [kernel, channels].
  private static Tensor turned(Tensor x) {
    int channels = x.rows();
    int kernel = x.cols();
    Tensor y = Tensor.zeros(Arena.ofAuto(), kernel, channels);
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < kernel; k++) {
        y.set(k, c, x.get(c, k));
      }
    }
    return y;
  }
}
