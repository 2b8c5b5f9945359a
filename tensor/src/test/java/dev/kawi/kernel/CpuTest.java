package dev.kawi.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class CpuTest {
  /// Two cores with two hyper-threads each.
  private static final String HYPER_THREADS =
      cpuinfo(0, 0) + cpuinfo(1, 1) + cpuinfo(2, 0) + cpuinfo(3, 1);

  private static String cpuinfo(int processor, int core) {
    return """
    processor : %d
    model name : Some CPU @ 3.00GHz
    physical id : 0
    core id : %d
    flags : fpu sse4_2 avx2 fma avx512f

    """
        .formatted(processor, core);
  }

  @Test
  void hyperThreads_countAsOneCore() {
    Cpu cpu = Cpu.fromLinux(HYPER_THREADS, "Cpus_allowed_list:\t0-3\n");
    assertEquals(2, cpu.physicalCores());
    assertEquals("Some CPU @ 3.00GHz", cpu.model());
    assertEquals(List.of("sse4_2", "fma", "avx2", "avx512f"), cpu.features());
  }

  @Test
  void affinityMask_leavesOutOtherCores() {
    assertEquals(1, Cpu.fromLinux(HYPER_THREADS, "Cpus_allowed_list:\t0,2\n").physicalCores());
  }

  @Test
  void arm_withoutCoreIds_countsProcessors() {
    String arm = "processor : 0\nFeatures : asimd i8mm\n\nprocessor : 1\nFeatures : asimd i8mm\n";
    Cpu cpu = Cpu.fromLinux(arm, "");
    assertEquals(2, cpu.physicalCores());
    assertEquals(List.of("asimd", "i8mm"), cpu.features());
  }

  @Test
  void nonsense_countsOneCore() {
    assertEquals(1, Cpu.fromLinux("", "Cpus_allowed_list: x").physicalCores());
  }

  @Test
  void thisMachine_hasAThread() {
    assertTrue(Cpu.detect().defaultThreads() >= 1);
  }
}
