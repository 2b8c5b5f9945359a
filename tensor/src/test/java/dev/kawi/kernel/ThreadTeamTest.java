package dev.kawi.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class ThreadTeamTest {
  @Test
  void run_doesEachItemOnce_atAnySizeAndGrain() {
    for (int size : new int[] {1, 2, 3, 5}) {
      try (ThreadTeam team = new ThreadTeam(size)) {
        for (int items : new int[] {0, 1, 7, 64, 1001}) {
          for (int grain : new int[] {1, 4, 100}) {
            AtomicIntegerArray seen = new AtomicIntegerArray(items);
            team.run(
                items,
                grain,
                (from, to, worker) -> {
                  for (int i = from; i < to; i++) {
                    seen.incrementAndGet(i);
                  }
                });
            for (int i = 0; i < items; i++) {
              assertEquals(1, seen.get(i), "item " + i + " of " + items + " on " + size);
            }
          }
        }
      }
    }
  }

  @Test
  void run_wakesParkedWorkers() throws InterruptedException {
    try (ThreadTeam team = new ThreadTeam(2)) {
      for (int round = 0; round < 3; round++) {
        Thread.sleep(30); // long enough for the worker to park
        AtomicIntegerArray seen = new AtomicIntegerArray(2);
        CyclicBarrier both = new CyclicBarrier(2);
        team.run(
            2,
            1,
            (from, to, worker) -> {
              await(both);
              seen.incrementAndGet(worker);
            });
        assertEquals(1, seen.get(0));
        assertEquals(1, seen.get(1));
      }
    }
  }

  @Test
  void workOfAWorkerThatIsHeldUp_isDoneByTheOthers() {
    try (ThreadTeam team = new ThreadTeam(2)) {
      AtomicInteger done = new AtomicInteger();
      CyclicBarrier both = new CyclicBarrier(2);
      AtomicBoolean met = new AtomicBoolean();
      team.run(
          8,
          1,
          (from, to, worker) -> {
            if (!met.get()) {
              await(both);
              met.set(true);
            }
            while (worker == 0 && done.get() < 7) {
              Thread.onSpinWait();
            }
            done.incrementAndGet();
          });
      assertEquals(8, done.get());
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(10, TimeUnit.MINUTES);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void failureOfAnyWorker_reachesTheCaller_andTheTeamGoesOn() {
    try (ThreadTeam team = new ThreadTeam(3)) {
      for (int bad = 0; bad < 3; bad++) {
        int failing = bad;
        CyclicBarrier all = new CyclicBarrier(3);
        ThreadTeam.Task task =
            (from, to, worker) -> {
              await(all);
              if (worker == failing) {
                throw new IllegalArgumentException("worker " + worker);
              }
            };
        Exception e = assertThrows(IllegalArgumentException.class, () -> team.run(3, 1, task));
        assertEquals("worker " + failing, e.getMessage());
      }
      team.run(3, 1, (from, to, worker) -> {});
    }
  }

  @Test
  void impossibleSizes_areRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ThreadTeam(0));
  }
}
