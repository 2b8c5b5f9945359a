package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ModelPoolTest {
  private final List<String> closed = new ArrayList<>();
  private final AtomicInteger loads = new AtomicInteger();
  private Instant now = Instant.EPOCH;

  private record Loaded(String name, List<String> closed) implements AutoCloseable {
    @Override
    public void close() {
      closed.add(name);
    }
  }

  /// A model takes as many bytes as its name has letters.
  private ModelPool<Loaded> pool(long budget) {
    return new ModelPool<>(
        budget,
        Duration.ofMinutes(5),
        new ModelPool.Loader<>() {
          @Override
          public long bytes(String name) {
            return name.length();
          }

          @Override
          public Loaded load(String name) throws IOException {
            loads.incrementAndGet();
            if (name.startsWith("bad")) {
              throw new IOException("no such model");
            }
            return new Loaded(name, closed);
          }
        },
        () -> now);
  }

  private static void use(ModelPool<Loaded> pool, String name) throws IOException {
    try (ModelPool<Loaded>.Lease lease = pool.acquire(name)) {
      assertEquals(name, lease.model().name());
    }
  }

  @Test
  void model_isLoadedOnceAndStays() throws IOException {
    try (ModelPool<Loaded> pool = pool(10)) {
      use(pool, "aaa");
      use(pool, "aaa");
      assertEquals(1, loads.get());
      assertEquals(List.of(new ModelPool.Status("aaa", 3, 0, false)), pool.models());
    }
    assertEquals(List.of("aaa"), closed);
  }

  @Test
  void whoNeedsRoom_takesThatOfTheLeastRecentlyUsed() throws IOException {
    try (ModelPool<Loaded> pool = pool(9)) {
      use(pool, "aaa");
      now = now.plusSeconds(1);
      use(pool, "bbb");
      now = now.plusSeconds(1);
      use(pool, "aaa");
      now = now.plusSeconds(1);
      use(pool, "ccccc");
      assertEquals(List.of("bbb"), closed);
    }
  }

  @Test
  void modelInUseOrPinned_isNeverGivenUp() throws IOException {
    try (ModelPool<Loaded> pool = pool(6)) {
      pool.pin("aaa");
      ModelPool<Loaded>.Lease used = pool.acquire("bbb");
      String message =
          assertThrows(IllegalStateException.class, () -> pool.acquire("ccc")).getMessage();
      assertTrue(message.contains("aaa") && message.contains("bbb"), message);

      used.close();
      use(pool, "ccc");
      assertEquals(List.of("bbb"), closed);
    }
  }

  @Test
  void modelNobodyUses_goesWhenItsTimeIsOver() throws IOException {
    try (ModelPool<Loaded> pool = pool(10)) {
      use(pool, "aaa");
      pool.pin("bbb");
      now = now.plus(Duration.ofMinutes(6));
      pool.evictIdle();
      assertEquals(List.of("aaa"), closed);
    }
  }

  @Test
  void modelThatDoesNotLoad_takesNoRoom() throws IOException {
    try (ModelPool<Loaded> pool = pool(6)) {
      assertThrows(IOException.class, () -> pool.acquire("bad"));
      assertEquals(List.of(), pool.models());
      use(pool, "aaaaaa");
    }
  }

  @Test
  void manyWhoAskAtOnce_getTheSameModel() throws Exception {
    try (ModelPool<Loaded> pool = pool(10);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Loaded>> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        all.add(
            threads.submit(() -> {
              try (ModelPool<Loaded>.Lease lease = pool.acquire("aaa")) {
                return lease.model();
              }
            }));
      }
      for (Future<Loaded> each : all) {
        assertSame(all.getFirst().get(), each.get());
      }
      assertEquals(1, loads.get());
    }
  }
}
