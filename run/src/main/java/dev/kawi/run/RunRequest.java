package dev.kawi.run;

import dev.kawi.home.KawiVersion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// What a run is asked. Two requests are the same when command, config, inputs and seeds are: then
/// a folder goes on where it was. Arguments are kept to repeat the command, and versions to tell
/// what it ran on; a folder may go on with others.
///
/// @param command what is run, such as `tune sft`
/// @param arguments the whole command line after `kawi`, with which `kawi runs resume` repeats it
/// @param config every setting that what comes out depends on, as names and JSON values, with the
///   defaults spelled out
/// @param inputs hashes of the files that are read, by name ([InputHash])
/// @param seeds of random numbers, by their use
/// @param versions of programs, by name
public record RunRequest(
    String command,
    List<String> arguments,
    Map<String, Object> config,
    Map<String, String> inputs,
    Map<String, Long> seeds,
    Map<String, String> versions) {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  /// Copies all; the config becomes what it is when it is read again from JSON.
  public RunRequest {
    if (command.isBlank()) {
      throw new IllegalArgumentException("a run needs a command, such as tune sft; found none");
    }
    arguments = List.copyOf(arguments);
    config =
        Collections.unmodifiableMap(
            MAPPER.readValue(
                MAPPER.writeValueAsString(config),
                new TypeReference<LinkedHashMap<String, Object>>() {}));
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    seeds = Collections.unmodifiableMap(new LinkedHashMap<>(seeds));
    versions = Collections.unmodifiableMap(new LinkedHashMap<>(versions));
  }

  /// A request with nothing but a command and the versions of Kawi, Java and the system.
  public static RunRequest of(String command) {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("kawi", KawiVersion.number());
    versions.put("java", Runtime.version().toString());
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return new RunRequest(command, List.of(), Map.of(), Map.of(), Map.of(), versions);
  }

  /// The same with this command line.
  public RunRequest withArguments(List<String> newArguments) {
    return new RunRequest(command, newArguments, config, inputs, seeds, versions);
  }

  /// The same with these settings.
  public RunRequest withConfig(Map<String, Object> newConfig) {
    return new RunRequest(command, arguments, newConfig, inputs, seeds, versions);
  }

  /// The same with one more input.
  public RunRequest withInput(String name, String hash) {
    return new RunRequest(command, arguments, config, and(inputs, name, hash), seeds, versions);
  }

  /// The same with one more seed.
  public RunRequest withSeed(String name, long seed) {
    return new RunRequest(command, arguments, config, inputs, and(seeds, name, seed), versions);
  }

  /// The same with one more version.
  public RunRequest withVersion(String name, String version) {
    return new RunRequest(command, arguments, config, inputs, seeds, and(versions, name, version));
  }

  private static <V> Map<String, V> and(Map<String, V> map, String name, V value) {
    Map<String, V> all = new LinkedHashMap<>(map);
    all.put(name, value);
    return all;
  }

  /// In what another request differs from this one, such as `config.rank: 8, asked 16`; empty if
  /// they are the same.
  List<String> differences(RunRequest asked) {
    return differences(comparable(), asked.comparable());
  }

  /// In what the versions of another request differ.
  List<String> otherVersions(RunRequest asked) {
    return differences(versions, asked.versions);
  }

  private static List<String> differences(Map<String, String> here, Map<String, String> asked) {
    TreeSet<String> names = new TreeSet<>(here.keySet());
    names.addAll(asked.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String old = here.getOrDefault(name, "nothing");
      String now = asked.getOrDefault(name, "nothing");
      if (!old.equals(now)) {
        differences.add("%s: %s, asked %s".formatted(name, old, now));
      }
    }
    return differences;
  }

  /// All that must be the same, by path.
  private Map<String, String> comparable() {
    Map<String, String> all = new TreeMap<>();
    all.put("command", command);
    flatten("config", config, all);
    flatten("inputs", inputs, all);
    flatten("seeds", seeds, all);
    return all;
  }

  private static void flatten(String path, @Nullable Object value, Map<String, String> into) {
    if (value instanceof Map<?, ?> map) {
      map.forEach((name, inner) -> flatten(path + "." + name, inner, into));
    } else {
      into.put(path, String.valueOf(value));
    }
  }
}
