package dev.kawi.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The gated delta rule: every tier gives the bits of its plain twin, in whatever chunks the tokens
/// come, and the twin gives what the equations of the paper give in double.
@SuppressWarnings("MustBeClosedChecker") // freeOperands() does
class DeltaRuleTest {
  private static final int[][] SIZES = {
    {1, 1}, {3, 5}, {4, 31}, {16, 32}, {13, 33}, {8, 64}, {128, 128}, {64, 96}, {33, 100}, {5, 200}
  };
  private static final int TOKENS = 7;
  private static final int BEFORE = 2;
  private static final int KEY_HEADS = 2;
  private static final int VALUE_HEADS = 4;

  private final Random random = new Random(11);
  private Arena arena = Arena.ofConfined();

  @AfterEach
  void freeOperands() {
    arena.close();
    arena = Arena.ofConfined();
  }

  static Stream<Kernels> tiers() {
    return KernelProvider.available().stream().skip(1);
  }

  /// Inputs of a few tokens of a sequence between those of others.
  private record Case(
      Tensor query, Tensor key, Tensor value, Tensor beta, Tensor decay, Tensor state) {
    int keyDim() {
      return key.cols() / KEY_HEADS;
    }

    int valueDim() {
      return value.cols() / VALUE_HEADS;
    }
  }

  private record Result(Tensor out, Tensor state) {}

  private Case random(int keyDim, int valueDim) {
    int rows = BEFORE + TOKENS + 1;
    return new Case(
        normal(rows, KEY_HEADS * keyDim, (float) (1 / Math.sqrt(keyDim))),
        normal(rows, KEY_HEADS * keyDim, (float) (1 / Math.sqrt(keyDim))),
        normal(rows, VALUE_HEADS * valueDim, 1),
        between(rows, VALUE_HEADS, 0, 1),
        between(rows, VALUE_HEADS, 0.5f, 1),
        normal(1, keyDim * valueDim, 1));
  }

  private Tensor normal(int rows, int cols, float deviation) {
    return fill(rows, cols, () -> (float) random.nextGaussian() * deviation);
  }

  private Tensor between(int rows, int cols, float from, float to) {
    return fill(rows, cols, () -> from + random.nextFloat() * (to - from));
  }

  private Tensor fill(int rows, int cols, java.util.function.Supplier<Float> values) {
    Tensor x = new Tensor(Native.guarded(arena, 4L * rows * cols), rows, cols);
    IntStream.range(0, rows * cols).forEach(i -> x.set(i / cols, i % cols, values.get()));
    return x;
  }

  private DeltaJob job(Case c, int from, int to, Result result) {
    DeltaJob job = new DeltaJob();
    job.query = c.query();
    job.key = c.key();
    job.value = c.value();
    job.beta = c.beta();
    job.decay = c.decay();
    job.out = result.out();
    job.state = result.state().data();
    job.keyHead = 1;
    job.valueHead = 2;
    job.keyDim = c.keyDim();
    job.valueDim = c.valueDim();
    job.from = BEFORE + from;
    job.to = BEFORE + to;
    return job;
  }

  /// Runs the tokens in chunks of this size.
  private Result run(Kernels kernels, Case c, int chunk) {
    Tensor state = fill(1, c.state().cols(), () -> 0f);
    MemorySegment.copy(c.state().data(), 0, state.data(), 0, 4 * state.size());
    Result result = new Result(fill(c.value().rows(), c.value().cols(), () -> 0f), state);
    for (int t = 0; t < TOKENS; t += chunk) {
      kernels.deltaRule(job(c, t, Math.min(TOKENS, t + chunk), result));
    }
    return result;
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void everyTierInEveryChunk_equalsTwin(Kernels tier) {
    for (int[] size : SIZES) {
      Case c = random(size[0], size[1]);
      Result expected = run(new ScalarKernels(), c, TOKENS);
      for (int chunk : new int[] {TOKENS, 3, 1}) {
        Result found = run(tier, c, chunk);
        String what = "%s, %d x %d in %d".formatted(tier.name(), size[0], size[1], chunk);
        assertArrayEquals(expected.out().toArray(), found.out().toArray(), what);
        assertArrayEquals(expected.state().toArray(), found.state().toArray(), what);
      }
      freeOperands();
    }
  }

  @Test
  void twin_followsTheEquations() {
    for (int[] size : SIZES) {
      Case c = random(size[0], size[1]);
      Result found = run(new ScalarKernels(), c, TOKENS);
      double[][] expected = equations(c);
      for (int t = 0; t < TOKENS; t++) {
        for (int j = 0; j < size[1]; j++) {
          double out = found.out().get(BEFORE + t, 2 * size[1] + j);
          assertEquals(expected[t][j], out, 1e-5 * size[0], "token " + t + ", column " + j);
        }
      }
    }
  }

  /// S = decay S (I - beta k k^T) + beta v k^T and o = S q, in double. Source: arXiv 2412.06464,
  /// equation 10.
  private static double[][] equations(Case c) {
    int keyDim = c.keyDim();
    int valueDim = c.valueDim();
    DeltaJob places = new DeltaJob();
    places.keyDim = keyDim;
    places.valueDim = valueDim;
    double[][] out = new double[TOKENS][valueDim];
    for (int j = 0; j < valueDim; j++) {
      double[] s = new double[keyDim];
      for (int i = 0; i < keyDim; i++) {
        s[i] = c.state().get(0, (int) ((places.column(j) + i * places.rowBytes(j)) / 4));
      }
      for (int t = 0; t < TOKENS; t++) {
        int row = BEFORE + t;
        double beta = c.beta().get(row, 2);
        double decay = c.decay().get(row, 2);
        double along = 0;
        for (int i = 0; i < keyDim; i++) {
          along += s[i] * c.key().get(row, keyDim + i);
        }
        for (int i = 0; i < keyDim; i++) {
          double k = c.key().get(row, keyDim + i);
          double value = c.value().get(row, 2 * valueDim + j);
          s[i] = decay * (s[i] - beta * along * k) + beta * value * k;
          out[t][j] += s[i] * c.query().get(row, keyDim + i);
        }
      }
    }
    return out;
  }

  /// Against exp(rate * ln(1 + exp(alpha))) in double.
  @Test
  void decay_isWithinOneUlpOfTheFormula() {
    Tensor alpha = fill(9, 3, () -> (float) random.nextGaussian() * 20);
    Tensor rates = Tensor.of(new float[] {-0.01f, -1, -16}, 1, 3);
    Tensor y = fill(9, 3, () -> -1f);
    DeltaDecay.of(alpha, rates, y, 0, 8);
    for (int t = 0; t < 8; t++) {
      for (int h = 0; h < 3; h++) {
        double expected =
            Math.exp(rates.get(0, h) * Math.log1p(Math.exp((double) alpha.get(t, h))));
        assertEquals(expected, y.get(t, h), Math.ulp((float) expected), t + " " + h);
      }
    }
    assertEquals(-1, y.get(8, 0));
  }
}
