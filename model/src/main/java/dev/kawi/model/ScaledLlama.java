package dev.kawi.model;

import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.Rope;
import java.util.function.IntFunction;

/// Llama with factors, which keep the size of activations from layer to layer and from model to
/// model.
///
/// @param embedding on embeddings
/// @param residual on what attention and feed-forward layers add
/// @param attention on scores
/// @param logits on logits
record ScaledLlama(float embedding, float residual, float attention, float logits) {
  /// The decoder.
  Decoder decoder(Checkpoint checkpoint, int contextLength, IntFunction<FeedForward> feedForward) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NORMAL, contextLength);
    Embedding tokens = checkpoint.tokens();
    return new Decoder(
        tokens,
        null,
        embedding,
        Layers.blocks(
            checkpoint,
            i ->
                new Block.Sequential(
                    checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                    Layers.attention(checkpoint, i, rope, Scores.of(attention)),
                    null,
                    checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                    feedForward.apply(i),
                    null,
                    residual)),
        checkpoint.rmsNorm("output_norm", hiddenSize),
        checkpoint.head(tokens),
        logits,
        0);
  }
}
