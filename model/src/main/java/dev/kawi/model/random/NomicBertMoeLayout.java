package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomTensor.Spread;

/// Nomic Embed v2: experts without a gate in every second layer.
final class NomicBertMoeLayout extends RopeBertLayout {
  NomicBertMoeLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    expertCounts(all);
    super.keys(all);
    all.u32(key("moe_every_n_layers"), 2);
  }

  @Override
  void feedForward(String block, int layer) {
    if (layer % 2 == 1) {
      experts(block);
    } else {
      super.feedForward(block, layer);
    }
  }

  private void experts(String block) {
    int hidden = shape.hiddenSize();
    int inner = shape.intermediateSize();
    Spread router = new Spread.Plain(deviation(1.5f, hidden));
    add(block + "ffn_gate_inp.weight", router, NUM_EXPERTS, hidden);
    Spread in = new Spread.Weight(deviation(1, hidden));
    add(block + "ffn_up_exps.weight", in, NUM_EXPERTS, inner, hidden);
    Spread out = new Spread.Weight(deviation(2, inner));
    add(block + "ffn_down_exps.weight", out, NUM_EXPERTS, hidden, inner);
  }
}
