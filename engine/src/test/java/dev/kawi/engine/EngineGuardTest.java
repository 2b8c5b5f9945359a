package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.kawi.gguf.GgufFile;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.model.Architecture;
import dev.kawi.model.Checkpoint;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A sequence that fails wherever it can fails alone, and the engine's thread goes on.
class EngineGuardTest {
  @TempDir private Path folder;
  private GgufFile file;
  private Engine engine;

  @BeforeEach
  void start() throws IOException {
    Path path = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-llama"), StorageType.F32, 5).write(path);
    file = GgufFile.open(path);
    Checkpoint checkpoint = new Checkpoint(file);
    SharedTeam team = SharedTeam.of(1);
    engine =
        new Engine(
            Architecture.of(checkpoint).build(checkpoint, 256),
            256,
            Devices.CPU.open(KernelProvider.choose().kernels(), team.team()),
            team,
            EngineOptions.defaults().withThreads(1),
            new byte[0],
            "guarded");
  }

  @AfterEach
  void stop() {
    engine.close();
    file.close();
  }

  /// Where a sequence fails.
  private enum Place {
    NOWHERE,
    LOGITS,
    RESULT,
    CANCELLATION
  }

  /// Reads tokens and fails at one place.
  private static final class Failing extends FutureSequence<Integer> {
    private final Place place;

    Failing(Place place, RequestOptions options) {
      super(options, new int[] {5, 6, 7}, BidirectionalSpan.NONE, new byte[0]);
      this.place = place;
    }

    private void failAt(Place here) {
      if (place == here) {
        throw new ArithmeticException("the sequence's own fault");
      }
    }

    @Override
    int cacheLimit() {
      return 0;
    }

    @Override
    boolean wantsLogits(int position) {
      return true;
    }

    @Override
    void acceptLogits(int position, Row row) {
      failAt(Place.LOGITS);
    }

    @Override
    Integer result() {
      failAt(Place.RESULT);
      return known();
    }

    @Override
    void completeCancelled() {
      failAt(Place.CANCELLATION);
      super.completeCancelled();
    }
  }

  private static Failing failing(Place place) {
    return new Failing(place, RequestOptions.DEFAULT);
  }

  private void assertFailsAlone(Failing sequence) {
    Failing other = failing(Place.NOWHERE);
    engine.submit(other);
    engine.submit(sequence);

    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> sequence.future().get());
    assertInstanceOf(ArithmeticException.class, failure.getCause());
    assertEquals(3, other.future().join());
    assertEquals(3, engine.await(failing(Place.NOWHERE)), "the engine's thread goes on");
    assertEquals(0, engine.stats().usedPages());
  }

  @Test
  void sampling_failsItsRequestAlone() {
    assertFailsAlone(failing(Place.LOGITS));
  }

  @Test
  void result_failsItsRequestAlone() {
    assertFailsAlone(failing(Place.RESULT));
  }

  @Test
  void whatACancelledRequestHandsOut_failsItAlone() {
    Failing sequence = failing(Place.CANCELLATION);
    sequence.cancel();
    assertFailsAlone(sequence);
  }

  @Test
  void cancelledAndOverdue_areToldSo() {
    Failing cancelled = failing(Place.NOWHERE);
    cancelled.cancel();
    assertThrows(CancellationException.class, () -> engine.await(cancelled));
    RequestOptions hurried = RequestOptions.DEFAULT.withTimeLimit(Duration.ofNanos(1));
    Failing late = new Failing(Place.NOWHERE, hurried);
    assertThrows(RequestTimeoutException.class, () -> engine.await(late));
  }
}
