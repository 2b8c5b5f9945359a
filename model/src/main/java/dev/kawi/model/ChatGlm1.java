package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Projection.QkNormRope;
import dev.kawi.nn.Rope;
import java.util.List;

// How it works. A conversation is read in both directions up to the token <sop>, the start of a
// piece; from there on the model writes from left to right. Each token has two positions: where it
// stands in what is read (all that is written stands where [gMASK] does), and where it stands in
// what is written. Each rotates a half of each head.

/// ChatGLM-6B, the first of its name: a GLM, which reads its context in both directions, with two
/// positions for each token and DeepNorm. ChatGLM 2 and later are [ChatGlm]. No file in GGUF has it
/// but Kawi's own. Source: arXiv 2103.10360, arXiv 2210.02414.
final class ChatGlm1 implements Architecture {
  /// The publisher takes the 28 layers of ChatGLM-6B, whatever number there is.
  private static final float INPUT_SCALE = (float) Math.sqrt(2.0 * 28);

  @Override
  public String name() {
    return "chatglm1";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Embedding tokens = checkpoint.tokens();
    Rope rope = Ropes.ofContextAndSpan(checkpoint.config());
    return Decoder.of(
            tokens,
            Layers.blocks(checkpoint, i -> block(checkpoint, i, rope)),
            checkpoint.layerNorm("output_norm", hiddenSize),
            checkpoint.head(tokens))
        .with(marks(checkpoint));
  }

  private static Block block(Checkpoint checkpoint, int layer, Rope rope) {
    ModelConfig config = checkpoint.config();
    int half = config.heads().headDim() / 2;
    QkNormRope normRope = new QkNormRope(null, null, rope, half, QkNormRope.Order.NORM_ROPE);
    Scores scores = Layers.usualScores(checkpoint).withSpan();
    return new Block.DeepNorm(
        checkpoint.layerNorm("blk." + layer + ".attn_norm", config.hiddenSize()),
        Layers.normRopeAttention(checkpoint, layer, normRope, scores),
        checkpoint.layerNorm("blk." + layer + ".ffn_norm", config.hiddenSize()),
        Layers.mlp(checkpoint, layer, Activation.GELU),
        INPUT_SCALE);
  }

  private static BidirectionalSpan.Marks marks(Checkpoint checkpoint) {
    return new BidirectionalSpan.Marks(
        token(checkpoint, "sop_token_id"),
        List.of(token(checkpoint, "gmask_token_id"), token(checkpoint, "mask_token_id")));
  }

  private static int token(Checkpoint checkpoint, String ending) {
    String key = checkpoint.key(ending);
    return checkpoint
        .metadata()
        .integer(key)
        .orElseThrow(() ->
            new ModelFormatException(
                "gguf: the key %s is missing; is this a whole model?".formatted(key)));
  }
}
