package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.FeedForward.Moe.Choice;
import dev.kawi.nn.FeedForward.Moe.Weights;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Which experts a token goes to, and with what weight, by numbers that can be followed by hand.
class RoutingTest {
  /// Two groups of two: the best expert is in the first, the best pair in the second.
  private static final float[] LOGITS = {3, -3, 2, 1.5f};

  private static Moe moe(Choice choice, int experts) {
    Linear map =
        new Linear(
            "map",
            new Matrix(
                StorageType.F32, experts, 4, Tensor.zeros(Arena.ofAuto(), experts, 4).data()),
            null);
    GatedMlp expert = new GatedMlp(map, map, map, Activation.SILU);
    return new Moe(map, Collections.nCopies(experts, expert), choice, null, null);
  }

  private static Routing route(Choice choice, float[] logits) {
    return Routing.of(moe(choice, logits.length), Tensor.of(logits, 1, logits.length));
  }

  private static List<Integer> chosen(Routing routing) {
    return IntStream.range(0, LOGITS.length)
        .filter(e -> routing.tokens(e).length > 0)
        .boxed()
        .toList();
  }

  private static Choice grouped(Weights weights, @Nullable Tensor bias) {
    return new Choice(2, weights, 1, bias, 2, 1);
  }

  @Test
  void groupsBySoftmax_areAsGoodAsTheirBestExpert() {
    assertEquals(List.of(0, 1), chosen(route(grouped(Weights.SOFTMAX, null), LOGITS)));
  }

  @Test
  void groupsBySigmoid_areAsGoodAsTheirBestTwo() {
    assertEquals(List.of(2, 3), chosen(route(grouped(Weights.SIGMOID, null), LOGITS)));
  }

  @Test
  void bias_changesTheChoiceAndNotTheWeights() {
    Tensor bias = Tensor.of(new float[] {0, 2, 0, 0}, 1, 4);
    Routing routing = route(grouped(Weights.SIGMOID, bias), LOGITS);

    assertEquals(List.of(0, 1), chosen(routing));
    assertArrayEquals(new float[] {(float) (1 / (1 + Math.exp(3)))}, routing.weights(1), 1e-7f);
  }

  @Test
  void normalizedWeights_sumToTheScale() {
    Routing routing = route(new Choice(2, Weights.SIGMOID_NORMALIZED, 2.5f, null, 1, 1), LOGITS);

    assertEquals(2.5f, routing.weights(0)[0] + routing.weights(2)[0], 1e-6f);
  }

  @Test
  void groupsThatDoNotFit_areRefused() {
    Choice choice = new Choice(2, Weights.SOFTMAX, 1, null, 3, 1);

    assertThrows(IllegalArgumentException.class, () -> moe(choice, 4));
  }
}
