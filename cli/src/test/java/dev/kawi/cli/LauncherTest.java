package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The `kawi` script, in a made-up source tree (its path has a space) with a JDK and a Maven that
/// only say what they were asked to do.
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the script is POSIX sh")
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD, unit = TimeUnit.MINUTES)
class LauncherTest {
  private static final String JAVA_SAYS =
      """
      #!/bin/sh
      for a in "$@"; do case $a in -XX:AOTCacheOutput=*) exit 0;; esac; done
      echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
      if [ "${FAKE_JVM_ERROR:-}" ]; then echo "$FAKE_JVM_ERROR" >&2; exit 1; fi
      while [ "$1" != dev.kawi.cli.Kawi ]; do shift; done
      shift
      for a in "$@"; do echo "arg:$a"; done
      exit 7
      """;

  private static final String MAVEN_SAYS =
      """
      #!/bin/sh
      while [ "$1" != -f ]; do shift; done
      tree=${2%/pom.xml}
      echo build >>"$tree/builds"
      [ -z "${FAKE_BUILD_SECONDS:-}" ] || sleep "$FAKE_BUILD_SECONDS"
      if [ "${FAKE_BUILD_ERROR:-}" ]; then echo "[INFO] noise"; echo "[ERROR] $FAKE_BUILD_ERROR"; exit 1; fi
      mkdir -p "$tree/cli/target/lib"
      echo jar >"$tree/cli/target/lib/lib.jar"
      echo jar >"$tree/cli/target/kawi-cli-1.jar"
      """;

  @TempDir private Path temp;
  private Path tree;
  private Path script;
  private Path maven;
  private Path jdk;

  @BeforeEach
  void makeTree() throws IOException {
    tree = temp.resolve("source tree");
    script = tree.resolve("kawi");
    Files.createDirectories(tree.resolve("cli/src/main/java"));
    Files.writeString(tree.resolve("pom.xml"), "<project/>");
    Files.writeString(tree.resolve("cli/pom.xml"), "<project/>");
    Files.writeString(tree.resolve("cli/src/main/java/A.java"), "class A {}");
    executable(script, Files.readString(Path.of("..", "kawi")));
    maven = executable(temp.resolve("maven/bin/mvn"), MAVEN_SAYS);
    jdk = jdk(temp.resolve("jdk 25"), "25.0.3");
  }

  @Test
  void firstUse_buildsAndRuns_laterOnlyRuns() throws Exception {
    Ran first = run(List.of("chat", "two words", ""));
    assertEquals("arg:chat\narg:two words\narg:\n", first.out());
    assertEquals(7, first.exitCode());
    assertTrue(first.err().startsWith("kawi: building for the first time"), first.err());
    assertEquals("", run(List.of("chat")).err());
    assertEquals(1, builds());
  }

  @Test
  void changedAndRemovedSources_areBuiltAgain() throws Exception {
    run(List.of());
    Path source = tree.resolve("cli/src/main/java/A.java");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plus(Duration.ofSeconds(2))));
    assertEquals("kawi: building, since the sources changed\n", run(List.of()).err());
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().minusSeconds(60)));
    run(List.of());
    int before = builds();
    Thread.sleep(20);
    Files.delete(source);
    run(List.of());
    assertEquals(before + 1, builds());
  }

  @Test
  void symbolicLinkFromElsewhere_findsTheTree() throws Exception {
    Path link = Files.createSymbolicLink(temp.resolve("one"), Path.of("source tree/kawi"));
    Path linkToLink = Files.createSymbolicLink(temp.resolve("two"), link);
    assertEquals("arg:info\n", run(linkToLink, Map.of(), List.of("info")).out());
  }

  @Test
  void calledByNameFromItsFolder_findsTheTree() throws Exception {
    Ran ran = run(Path.of("./kawi"), Map.of(), List.of("info"));
    assertEquals("arg:info\n", ran.out());
  }

  @Test
  void oldJavaHome_isPassedOverForTheJdkOfThePath() throws Exception {
    Path old = jdk(temp.resolve("jdk17"), "17.0.1");
    String path = jdk.resolve("bin") + ":" + maven.getParent() + ":/usr/bin:/bin";
    Map<String, String> environment =
        Map.of("KAWI_JAVA_HOME", "", "JAVA_HOME", old.toString(), "PATH", path);
    assertEquals("arg:info\n", run(script, environment, List.of("info")).out());
  }

  @Test
  void failedBuild_showsItsErrorsAndWhereTheLogIs() throws Exception {
    Ran ran = run(script, Map.of("FAKE_BUILD_ERROR", "A.java:[1,1] no"), List.of("info"));
    assertEquals(1, ran.exitCode());
    assertEquals("", ran.out());
    assertTrue(ran.err().contains("[ERROR] A.java:[1,1] no\n"), ran.err());
    assertTrue(ran.err().contains("build.log"), ran.err());
    assertFalse(ran.err().contains("noise"), ran.err());
    assertEquals(7, run(List.of("info")).exitCode(), "the next run builds again");
  }

  @Test
  void startOfTheJvmFails_userSeesWhyWithoutTheWarning() throws Exception {
    Ran ran = run(script, Map.of("FAKE_JVM_ERROR", "Invalid maximum heap size"), List.of("info"));
    assertEquals(1, ran.exitCode());
    assertTrue(ran.err().contains("Invalid maximum heap size\n"), ran.err());
    assertFalse(ran.err().contains("WARNING"), ran.err());
  }

  @Test
  void concurrentFirstRuns_buildOnce() throws Exception {
    Map<String, String> slow = Map.of("FAKE_BUILD_SECONDS", "1");
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      processes.add(start(script, slow, List.of("info")));
    }
    for (Process process : processes) {
      assertEquals("arg:info\n", finish(process).out());
    }
    assertEquals(1, builds());
  }

  @Test
  void lockOfAKilledBuild_isTakenOver() throws Exception {
    Files.createDirectories(tree.resolve(".kawi"));
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Files.createSymbolicLink(tree.resolve(".kawi/lock"), Path.of(Long.toString(dead.pid())));
    assertEquals("arg:info\n", run(List.of("info")).out());
  }

  private int builds() throws IOException {
    return Files.readAllLines(tree.resolve("builds")).size();
  }

  private Ran run(List<String> args) throws Exception {
    return run(script, Map.of(), args);
  }

  private Ran run(Path command, Map<String, String> environment, List<String> args)
      throws Exception {
    return finish(start(command, environment, args));
  }

  private Process start(Path command, Map<String, String> environment, List<String> args)
      throws IOException {
    List<String> line = new ArrayList<>(List.of(command.toString()));
    line.addAll(args);
    ProcessBuilder builder = new ProcessBuilder(line).directory(tree.toFile());
    builder.environment().put("KAWI_JAVA_HOME", jdk.toString());
    builder.environment().put("PATH", maven.getParent() + ":/usr/bin:/bin");
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static Ran finish(Process process) throws Exception {
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(10, TimeUnit.MINUTES), "the script hangs");
    return new Ran(process.exitValue(), out, err);
  }

  private record Ran(int exitCode, String out, String err) {}

  private static Path jdk(Path home, String version) throws IOException {
    executable(home.resolve("bin/java"), JAVA_SAYS);
    executable(home.resolve("bin/javac"), "#!/bin/sh\n");
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  private static Path executable(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }
}
