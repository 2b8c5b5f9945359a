package dev.kawi.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

// Why. The JVM prints "WARNING: Using incubator modules: jdk.incubator.vector" on every start and
// has no flag against it. So the launcher starts Java with stderr led into a filter that drops the
// lines of that kind (and passes on real start-up errors), and keeps the user's stderr as
// descriptor 3. The first thing that main does is to put it back.

/// Gives the process its stderr back, which the launcher has set aside.
final class StandardError {
  private static final int SET_ASIDE = 3;
  private static final int STDERR = 2;

  private StandardError() {}

  /// dup2(3, 2), when the launcher says that it set stderr aside; otherwise nothing. Where libc
  /// cannot be called, stderr keeps going through the filter, which passes on whole lines.
  @SuppressWarnings("restricted")
  static void restore() {
    if (!Boolean.getBoolean("kawi.stderr.aside")) {
      return;
    }
    Linker linker = Linker.nativeLinker();
    linker
        .defaultLookup()
        .find("dup2")
        .ifPresent(dup2 -> {
          var type =
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
          try {
            int _ = (int) linker.downcallHandle(dup2, type).invokeExact(SET_ASIDE, STDERR);
          } catch (Throwable e) {
            throw new IllegalStateException("Bug: dup2 cannot be called", e);
          }
        });
  }
}
