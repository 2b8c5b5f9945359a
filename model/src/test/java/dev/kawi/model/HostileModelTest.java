package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.ScalarKernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.model.random.RandomShape;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.nn.BlockTable;
import dev.kawi.nn.CpuCache;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FastExecutor;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Step;
import dev.kawi.nn.TinyModel;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whole models with damaged or malicious headers: each gives a model that runs or an error that
/// says what is wrong, whatever the number, the size or the byte.
class HostileModelTest {
  private static final long[] NUMBERS = {
    0,
    1,
    2,
    3,
    5,
    7,
    31,
    33,
    64,
    255,
    4097,
    65535,
    1 << 24,
    Integer.MAX_VALUE,
    0x80000000L,
    0xFFFFFFFFL,
    0xFFFFFFFBL,
    0x7FC00000L,
    0x7F800000L,
    0x00000001L
  };
  private static final int FLIPS = 200;

  /// The number of the type I32 in GGUF.
  private static final int SIGNED = 5;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  static RandomShape[] shapes() {
    return new RandomShape[] {
      small("llama", Feature.BIASES, Feature.YARN_ROPE),
      small("qwen2moe", Feature.EXPERTS),
      small("gemma2", Feature.TIED),
      small("gemma3", Feature.TIED, Feature.LINEAR_ROPE),
      small("phi3", Feature.LONG_FACTORS, Feature.PARTIAL_ROPE),
      small("gpt2")
    };
  }

  private static RandomShape small(String architecture, Feature... features) {
    Set<Feature> set = Set.of(features);
    return new RandomShape(
        architecture, architecture, 2, 32, 4, 2, 8, 32, 272, 64, 7777, 3e-4f, set);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD, unit = TimeUnit.MINUTES)
  void hostileFiles_runOrSayWhatIsWrong(RandomShape shape) {
    Victim victim = new Victim(shape);
    int works = victim.numbers() + victim.sizes() + victim.flips();

    assertTrue(victim.count > 400, "mutations: " + victim.count);
    assertTrue(works > 0 && works < victim.count, works + " of " + victim.count + " work");
  }

  /// A sound file and what becomes of changed copies of it.
  private static final class Victim {
    private final MemorySegment sound;
    private final List<TensorInfo> tensors;
    private final List<String> keys;
    private int count;

    Victim(RandomShape shape) {
      sound = TinyModel.bytes(shape, StorageType.Q8_0);
      GgufFile file = GgufFile.of(sound, "sound");
      tensors = file.tensors();
      keys =
          file.metadata().asMap().entrySet().stream()
              .filter(e -> e.getValue() instanceof Long || e.getValue() instanceof Float)
              .map(e -> e.getKey())
              .toList();
    }

    /// Each number of the metadata becomes each of the hostile ones, some of them negative.
    int numbers() {
      int works = 0;
      for (String key : keys) {
        for (long number : NUMBERS) {
          MemorySegment bytes = copy();
          bytes.set(INT, endOf(key) + 4, (int) number);
          if ((int) number < 0) {
            bytes.set(INT, endOf(key), SIGNED);
          }
          works += survives(bytes, key + " = " + number);
        }
      }
      return works;
    }

    /// Each size of each tensor, and its type, become some of the hostile numbers.
    int sizes() {
      int works = 0;
      SplittableRandom random = new SplittableRandom(1);
      for (TensorInfo tensor : tensors) {
        long sizes = endOf(tensor.name()) + 4;
        for (int i = 0; i <= tensor.shape().size(); i++) {
          long number = NUMBERS[random.nextInt(NUMBERS.length)];
          MemorySegment bytes = copy();
          bytes.set(LONG, sizes + 8L * i, i == 2 ? number % 40 : number);
          works += survives(bytes, tensor.name() + " field " + i + " = " + number);
        }
      }
      return works;
    }

    /// Some bytes of the header or of the weights become random ones.
    int flips() {
      int works = 0;
      SplittableRandom random = new SplittableRandom(2);
      long header = endOf(tensors.getLast().name()) + 40;
      for (int i = 0; i < FLIPS; i++) {
        MemorySegment bytes = copy();
        long limit = i % 4 == 0 ? bytes.byteSize() : header;
        for (int n = random.nextInt(1, 5); n > 0; n--) {
          bytes.set(ValueLayout.JAVA_BYTE, random.nextLong(limit), (byte) random.nextInt());
        }
        works += survives(bytes, "flips, round " + i);
      }
      return works;
    }

    private MemorySegment copy() {
      return Arena.ofAuto().allocate(sound.byteSize(), 64).copyFrom(sound);
    }

    /// Where the first mention of a name ends, with its length before it.
    private long endOf(String name) {
      byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
      for (long at = 0; at < sound.byteSize() - wanted.length - 8; at++) {
        if (sound.get(LONG, at) == wanted.length
            && sound.asSlice(at + 8, wanted.length).mismatch(MemorySegment.ofArray(wanted)) < 0) {
          return at + 8 + wanted.length;
        }
      }
      throw new IllegalStateException("Bug: the file does not mention " + name);
    }

    /// 1 if the model works, 0 if it is refused with a message; anything else is a failure.
    private int survives(MemorySegment bytes, String mutation) {
      count++;
      try (GgufFile file = GgufFile.of(bytes, "hostile")) {
        Checkpoint checkpoint = new Checkpoint(file);
        run(Architecture.of(checkpoint).build(checkpoint, 64));
        return 1;
      } catch (ModelFormatException e) {
        return 0;
      } catch (RuntimeException | Error e) {
        return fail(mutation, e);
      }
    }

    private static void run(Decoder decoder) {
      try (ThreadTeam team = new ThreadTeam(1);
          FastExecutor executor = new FastExecutor(new ScalarKernels(), team);
          KvCache cache = CpuCache.of(decoder.blocks(), StorageType.F32, 8)) {
        BlockTable table = cache.newTable(8);
        decoder.forward(Step.of(new int[] {0, 0, 0}, 0, table, cache), executor);
      }
    }
  }
}
