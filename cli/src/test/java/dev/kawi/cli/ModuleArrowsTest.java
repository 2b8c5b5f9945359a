package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Arrows between modules only point up the list of the root `pom.xml`. In the core
/// `module-info.java` says so to the compiler; of the rest this does.
class ModuleArrowsTest {
  private static final Path ROOT = Path.of(System.getProperty("kawi.root", ".."));
  private static final Pattern MODULE = Pattern.compile("<module>([a-z0-9-]+)</module>");
  private static final Pattern DEPENDENCY =
      Pattern.compile(
          "<dependency>\\s*<groupId>dev.kawi</groupId>\\s*<artifactId>kawi-([a-z0-9-]+)</artifactId>");

  /// What a module may name in its `pom.xml`; what those use, it may use, too.
  private static final Map<String, Set<String>> MAY_USE =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("tensor", Set.of()),
              Map.entry("weights", Set.of("tensor")),
              Map.entry("text", Set.of("weights")),
              Map.entry("model", Set.of("tensor", "weights")),
              Map.entry("engine", Set.of("model", "text")),
              Map.entry("hub", Set.of("weights")),
              Map.entry("run", Set.of()),
              Map.entry("quant", Set.of("engine", "hub", "run")),
              Map.entry("train", Set.of("engine", "quant", "hub", "run")),
              Map.entry("eval", Set.of("engine", "hub", "run")),
              Map.entry("rag", Set.of("text", "run")),
              Map.entry("agent", Set.of("text", "rag")),
              Map.entry("serve", Set.of("engine", "hub")),
              Map.entry("deploy", Set.of("serve"))));

  /// These are at the end of the list and may use all.
  private static final Set<String> LAST = Set.of("studio", "cli", "course", "bench");

  private static List<String> all(Pattern pattern, Path file) throws IOException {
    List<String> found = new ArrayList<>();
    Matcher matcher = pattern.matcher(Files.readString(file));
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  @Test
  void everyModule_usesOnlyThoseThatItMay() throws IOException {
    List<String> modules = all(MODULE, ROOT.resolve("pom.xml"));
    assertTrue(modules.containsAll(List.of("tensor", "run", "cli")), modules.toString());
    Set<String> before = new HashSet<>();
    for (String module : modules) {
      List<String> used = all(DEPENDENCY, ROOT.resolve(module).resolve("pom.xml"));
      for (String other : used) {
        assertTrue(before.contains(other), module + " uses " + other + ", which comes after it");
        assertTrue(
            LAST.contains(module) || reachable(module).contains(other),
            module + " may not use " + other);
      }
      before.add(module);
    }
  }

  private static Set<String> reachable(String module) {
    Set<String> direct = MAY_USE.getOrDefault(module, Set.of());
    Set<String> all = new HashSet<>(direct);
    direct.forEach(other -> all.addAll(reachable(other)));
    return all;
  }

  @Test
  void home_knowsNothingOfRuns() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("run/src/main/java/dev/kawi/home"))) {
      List<Path> sources = files.toList();
      assertTrue(sources.size() > 1);
      for (Path source : sources) {
        assertEquals(
            List.of(), all(Pattern.compile("(dev\\.kawi\\.run)"), source), source.toString());
      }
    }
  }
}
