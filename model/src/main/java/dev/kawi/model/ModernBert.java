package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Activation;
import dev.kawi.model.EncoderLayers.Full;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Block;
import dev.kawi.nn.Encoder;
import dev.kawi.nn.Encoder.ScoreHead;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Norm;
import dev.kawi.weights.HuggingFaceFolder;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// ModernBERT, and what is built like it: gte-modernbert. Norms come before layers, of which two in
/// three have a window and a rope of their own. Source: arXiv 2412.13663.
final class ModernBert implements EncoderArchitecture {
  private static final int USUAL_PATTERN = 3;

  @Override
  public String name() {
    return "modern-bert";
  }

  @Override
  public Encoder build(Checkpoint checkpoint) {
    int hiddenSize = checkpoint.config().hiddenSize();
    IntFunction<Attention> attention =
        EncoderLayers.windowed(checkpoint, USUAL_PATTERN, Full.FIRST);
    return new Encoder(
        checkpoint.tokens(),
        1,
        null,
        null,
        checkpoint.layerNorm("token_embd_norm", hiddenSize),
        Layers.blocks(checkpoint, i -> block(checkpoint, i, attention.apply(i))),
        checkpoint.layerNorm("output_norm", hiddenSize),
        EncoderLayers.projections(checkpoint),
        head(checkpoint));
  }

  private static Block block(Checkpoint checkpoint, int layer, Attention attention) {
    int hiddenSize = checkpoint.config().hiddenSize();
    String block = "blk." + layer + ".";
    return new Block.Sequential(
        checkpoint.optionalLayerNorm(block + "attn_norm", hiddenSize),
        attention,
        null,
        checkpoint.layerNorm(block + "ffn_norm", hiddenSize),
        Layers.fusedGatedMlp(checkpoint, layer, activation(checkpoint)),
        null,
        1);
  }

  private static Activation activation(Checkpoint checkpoint) {
    String key = checkpoint.key("hidden_activation");
    String name = checkpoint.metadata().string(key).orElse("gelu");
    return switch (name) {
      case "gelu" -> Layers.gelu(checkpoint);
      case "silu", "swish" -> Activation.SILU;
      default ->
          throw new ModelFormatException(
              "gguf: %s is \"%s\"; supported are gelu and silu".formatted(key, name));
    };
  }

  /// Scores are made of the mean of the states, unless a publisher's folder says otherwise.
  private static @Nullable ScoreHead head(Checkpoint checkpoint) {
    if (!checkpoint.has("cls.output.weight")) {
      return null;
    }
    int hiddenSize = checkpoint.config().hiddenSize();
    Linear dense =
        checkpoint.has("cls.weight") ? checkpoint.linear("cls", hiddenSize, hiddenSize) : null;
    Norm norm = dense == null ? null : checkpoint.optionalLayerNorm("cls.norm", hiddenSize);
    boolean first =
        checkpoint
            .metadata()
            .string(HuggingFaceFolder.CLASSIFIER_POOLING)
            .filter("cls"::equals)
            .isPresent();
    return new ScoreHead(
        first ? ScoreHead.Input.FIRST : ScoreHead.Input.MEAN,
        dense,
        headActivation(checkpoint),
        norm,
        checkpoint.linear("cls.output", 1, hiddenSize));
  }

  private static ScoreHead.HeadActivation headActivation(Checkpoint checkpoint) {
    return Layers.gelu(checkpoint) == Activation.GELU_EXACT
        ? ScoreHead.HeadActivation.GELU_EXACT
        : ScoreHead.HeadActivation.GELU;
  }
}
