package dev.kawi.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class StableExpTest {
  @Test
  void exp_agreesWithStrictMath() {
    for (double x = 0; x > -700; x -= 0.00917) {
      double expected = StrictMath.exp(x);
      assertEquals(expected, StableExp.exp(x), expected * 1e-13);
    }
  }

  @Test
  void exp_isOneAtZeroAndZeroFarBelow() {
    assertEquals(1, StableExp.exp(0));
    assertEquals(0, StableExp.exp(-701));
    assertEquals(0, StableExp.exp(Double.NEGATIVE_INFINITY));
  }
}
