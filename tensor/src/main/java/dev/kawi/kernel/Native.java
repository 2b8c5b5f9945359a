package dev.kawi.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The calls into the operating system, and into code that was written at run time. All restricted
/// operations of this module are here. Linux only.
@SuppressWarnings("restricted")
public final class Native {
  private static final long PAGE = 4096;
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 32;
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_HUGEPAGE = 14;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle MUNMAP =
      function(
          "munmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle MPROTECT =
      function(
          "mprotect",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle MADVISE =
      function(
          "madvise",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle CALL =
      LINKER.downcallHandle(FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

  private Native() {}

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }

  /// Whether this JVM lets this module call native code, and the operating system is one whose
  /// calls are known.
  public static boolean isAvailable() {
    return System.getProperty("os.name", "").equals("Linux")
        && Native.class.getModule().isNativeAccessEnabled();
  }

  /// Memory of its own pages, zero, freed with the arena; huge pages if the system has them.
  public static MemorySegment allocatePages(Arena arena, long bytes) {
    long size = pages(bytes);
    long address = map(size);
    madvise(address, size, MADV_HUGEPAGE);
    return MemorySegment.ofAddress(address)
        .reinterpret(size, arena, segment -> unmap(segment.address(), size))
        .asSlice(0, bytes);
  }

  /// Lets the system take back the pages that lie wholly inside a mapped file's segment; they are
  /// read again when they are used. Does nothing to other memory, which would be lost.
  public static void dropPages(MemorySegment mapped) {
    if (mapped.isMapped()) {
      long from = pages(mapped.address());
      long to = (mapped.address() + mapped.byteSize()) / PAGE * PAGE;
      if (to > from) {
        madvise(from, to - from, MADV_DONTNEED);
      }
    }
  }

  /// Copies machine code into memory that can be executed, and never be written again.
  ///
  /// @throws IllegalStateException if the system forbids executable memory
  public static MemorySegment install(byte[] code) {
    long size = pages(code.length);
    long address = map(size);
    MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(size);
    MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
    if (call(() -> (int) MPROTECT.invokeExact(address, size, PROT_READ | PROT_EXEC)) != 0) {
      unmap(address, size);
      throw new IllegalStateException("the system forbids executable memory (mprotect failed)");
    }
    return memory;
  }

  /// Calls installed code with one argument.
  public static void run(MemorySegment code, long argument) {
    try {
      CALL.invokeExact(code, argument);
    } catch (Throwable e) {
      throw new IllegalStateException("Bug: generated code cannot throw", e);
    }
  }

  /// Pages of which the last can be neither read nor written: a guard behind `bytes` bytes. For
  /// tests.
  public static MemorySegment guarded(Arena arena, long bytes) {
    long size = pages(bytes);
    long address = map(size + PAGE);
    if (call(() -> (int) MPROTECT.invokeExact(address + size, PAGE, 0)) != 0) {
      throw new IllegalStateException("mprotect failed");
    }
    return MemorySegment.ofAddress(address)
        .reinterpret(size + PAGE, arena, segment -> unmap(segment.address(), size + PAGE))
        .asSlice(size - bytes, bytes);
  }

  private static long pages(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  private static long map(long size) {
    long address =
        call(() ->
            (long)
                MMAP.invokeExact(
                    0L, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L));
    if (address == -1) {
      throw new OutOfMemoryError("the system has no " + size + " bytes of memory left");
    }
    return address;
  }

  private static void unmap(long address, long size) {
    int _ = call(() -> (int) MUNMAP.invokeExact(address, size));
  }

  private static void madvise(long address, long size, int advice) {
    int _ = call(() -> (int) MADVISE.invokeExact(address, size, advice));
  }

  private interface NativeCall<T> {
    T run() throws Throwable;
  }

  private static <T> T call(NativeCall<T> call) {
    try {
      return call.run();
    } catch (Throwable e) {
      throw new IllegalStateException("Bug: a call into the system cannot throw", e);
    }
  }
}
