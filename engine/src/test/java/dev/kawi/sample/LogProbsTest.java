package dev.kawi.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class LogProbsTest {
  /// numpy: x = [1, 3, 3, -2, 0.5]; x - log(sum(exp(x)))
  @Test
  void top_givesNaturalLogarithmsMostLikelyFirst() {
    float[] logits = {1, 3, 3, -2, 0.5f};
    List<LogProbs.Entry> top = LogProbs.top(logits, 3);
    assertEquals(List.of(1, 2, 0), top.stream().map(LogProbs.Entry::token).toList());
    assertEquals(-0.7993785, top.get(0).logProbability(), 1e-6);
    assertEquals(-2.7993785, top.get(2).logProbability(), 1e-6);
    assertEquals(5, LogProbs.top(logits, 50).size());
    assertEquals(-5.7993785, LogProbs.of(logits, 3), 1e-6);
  }
}
