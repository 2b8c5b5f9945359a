package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.nn.Attention.Heads;
import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.BlockTable;
import dev.kawi.nn.CacheLayout;
import dev.kawi.nn.CacheSpec;
import dev.kawi.nn.CpuCache;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Step;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The first ChatGLM against its publisher's code ([Golden]), and in pieces against itself.
class ChatGlm1Test {
  /// Token ids of the random model, as its file names them.
  static final int MASK = 300;

  static final int GMASK = 301;
  static final int SOP = 304;
  private static final int CONTEXT_LENGTH = 256;
  private static final double TOLERANCE = 1e-4;
  private static final BidirectionalSpan.Marks MARKS =
      new BidirectionalSpan.Marks(9, List.of(7, 8));

  @TempDir private Path folder;

  static Stream<Golden> goldens() {
    return Golden.all().stream().filter(g -> g.shape().equals("tiny-chatglm1"));
  }

  private Path gguf(Golden golden) throws IOException {
    Path file = folder.resolve("model.gguf");
    golden.model().write(file);
    return file;
  }

  private static ModelRun run(Path path) throws IOException {
    return new ModelRun(path, KernelProvider.choose().kernels(), CONTEXT_LENGTH);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void fileAndFolder_giveTheProbabilitiesOfThePublisher(Golden golden) throws IOException {
    Path file = gguf(golden);
    Path published = PublishedFolder.write(golden.model(), file, folder.resolve("published"));
    for (Path path : List.of(file, published)) {
      try (ModelRun run = run(path)) {
        double[][] found = run.append(golden.ids());
        assertTrue(golden.largestDelta(found) <= TOLERANCE, golden.compared(found));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void tokensAfterThePrefix_areTheSameBitsOneByOne(Golden golden) throws IOException {
    int start = span(golden).length();
    double[][] whole;
    try (ModelRun run = run(gguf(golden))) {
      whole = run.append(golden.ids());
    }
    try (ModelRun run = run(folder.resolve("model.gguf"))) {
      double[][] first = run.append(Arrays.copyOf(golden.ids(), start + 1));
      assertArrayEquals(Arrays.copyOf(whole, start + 1), first);
      for (int i = start + 1; i < whole.length; i++) {
        assertArrayEquals(whole[i], run.append(golden.ids()[i])[0]);
      }
    }
  }

  @Test
  void goldens_haveLongAndShortPrefixesAndAllKindsOfMasks() {
    List<BidirectionalSpan> spans = goldens().map(ChatGlm1Test::span).toList();
    assertEquals(
        List.of(
            new BidirectionalSpan(39, 38),
            new BidirectionalSpan(6, 5),
            new BidirectionalSpan(51, 50),
            new BidirectionalSpan(22, 12),
            new BidirectionalSpan(20, 0)),
        spans);
  }

  private static BidirectionalSpan span(Golden golden) {
    return new BidirectionalSpan.Marks(SOP, List.of(GMASK, MASK)).of(golden.ids());
  }

  @Test
  void prefix_endsAtTheFirstStart() {
    assertEquals(new BidirectionalSpan(3, 2), MARKS.of(new int[] {1, 2, 7, 9, 3, 9, 7}));
  }

  @Test
  void firstKindOfMask_counts() {
    assertEquals(new BidirectionalSpan(3, 1), MARKS.of(new int[] {8, 7, 7, 9}));
    assertEquals(new BidirectionalSpan(2, 0), MARKS.of(new int[] {8, 8, 9, 7}));
  }

  @Test
  void prefixWithoutMask_isFollowedByWhatStandsAtItsEnd() {
    assertEquals(new BidirectionalSpan(2, 2), MARKS.of(new int[] {1, 2, 9, 7}));
    assertEquals(BidirectionalSpan.NONE, MARKS.of(new int[] {1, 7, 8}));
  }

  @Test
  void partOfAPrefix_isNoStep() {
    try (KvCache cache =
        new CpuCache(
            CacheLayout.of(List.of(new CacheSpec.KeyValues(new Heads(1, 1, 64), 0))),
            StorageType.F32,
            16)) {
      BlockTable table = cache.newTable(16);
      BidirectionalSpan span = new BidirectionalSpan(4, 3);
      int[] outputs = {};
      Step.of(new int[4], 0, span, table, cache, outputs);
      Step.of(new int[3], 4, span, table, cache, outputs);
      assertThrows(
          IllegalArgumentException.class,
          () -> Step.of(new int[3], 0, span, table, cache, outputs));
      assertThrows(
          IllegalArgumentException.class,
          () -> Step.of(new int[3], 3, span, table, cache, outputs));
    }
  }
}
