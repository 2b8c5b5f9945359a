package dev.kawi.run;

import dev.kawi.run.RunException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What `run.json` says: it is written when a run is made, and never changed.
///
/// @param id unlike that of any other run, such as `tune-sft-20261130-142501-7f3a`
/// @param created when
/// @param directory the working directory that relative names in the request are meant from
/// @param request what was asked
public record RunDescription(String id, Instant created, Path directory, RunRequest request) {
  static final String FILE = "run.json";
  private static final int FORMAT = 1;
  private static final long MOST_BYTES = 16 << 20;
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneId.systemDefault());

  /// Checks the id, of which file names are made.
  public RunDescription {
    checkedId(id);
  }

  /// A description of a new run.
  static RunDescription of(String id, RunRequest request) {
    return new RunDescription(id, Instant.now(), Path.of("").toAbsolutePath().normalize(), request);
  }

  /// A name for a new run of a command.
  static String newId(String command) {
    String words = command.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    int number = ThreadLocalRandom.current().nextInt(1 << 16);
    return "%s-%s-%04x"
        .formatted(words.replaceAll("^-|-$", ""), TIME.format(Instant.now()), number);
  }

  /// Whether a text can be the name of a run.
  static boolean isId(String text) {
    return text.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,199}");
  }

  static String checkedId(String id) {
    if (!isId(id)) {
      throw new IllegalArgumentException(
          "the id of a run has letters, digits, points, dashes and underscores; found '%s'"
              .formatted(id));
    }
    return id;
  }

  /// Whether there is a run in a folder.
  static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(FILE));
  }

  /// Writes it into a folder.
  void write(Path folder) throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", FORMAT);
    json.put("id", id);
    json.put("created", created.toString());
    json.put("directory", directory.toString());
    json.put("command", request.command());
    json.put("arguments", request.arguments());
    json.put("config", request.config());
    json.put("inputs", request.inputs());
    json.put("seeds", request.seeds());
    json.put("versions", request.versions());
    AtomicFile.write(folder.resolve(FILE), MAPPER.writeValueAsString(json) + "\n");
  }

  /// Reads that of a folder.
  static RunDescription read(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw damaged(file, "more than " + MOST_BYTES + " bytes", null);
      }
      JsonNode json = MAPPER.readTree(Files.readString(file));
      int format = json.path("format").asInt(0);
      if (format > FORMAT) {
        throw new RunException(
            Reason.NOT_A_RUN,
            "%s is of format %d, written by a newer Kawi; this one reads up to %d"
                .formatted(file, format, FORMAT));
      }
      return of(json);
    } catch (NoSuchFileException e) {
      throw new RunException(
          Reason.NOT_A_RUN,
          "%s is not the folder of a run: it has no %s".formatted(folder, FILE),
          e);
    } catch (IOException e) {
      throw new RunException(
          Reason.NOT_A_RUN, "cannot read %s: %s".formatted(file, e.getMessage()), e);
    } catch (JacksonException | IllegalArgumentException | DateTimeException e) {
      throw damaged(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static RunException damaged(Path file, String found, @Nullable Exception e) {
    return new RunException(
        Reason.NOT_A_RUN,
        "%s is damaged (%s); the run cannot be read or resumed"
            .formatted(file, found.lines().findFirst().orElse("")),
        e);
  }

  private static RunDescription of(JsonNode json) {
    RunRequest request =
        new RunRequest(
            json.required("command").asString(),
            MAPPER.convertValue(json.required("arguments"), new TypeReference<List<String>>() {}),
            MAPPER.convertValue(
                json.required("config"), new TypeReference<LinkedHashMap<String, Object>>() {}),
            MAPPER.convertValue(
                json.required("inputs"), new TypeReference<LinkedHashMap<String, String>>() {}),
            MAPPER.convertValue(
                json.required("seeds"), new TypeReference<LinkedHashMap<String, Long>>() {}),
            MAPPER.convertValue(
                json.required("versions"), new TypeReference<LinkedHashMap<String, String>>() {}));
    return new RunDescription(
        json.required("id").asString(),
        Instant.parse(json.required("created").asString()),
        Path.of(json.required("directory").asString()),
        request);
  }
}
