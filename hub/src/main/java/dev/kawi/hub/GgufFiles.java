package dev.kawi.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Which quantizations GGUF repositories have, as a public page listed them: the file
/// `gguf-files.json` beside this class. Of other repositories it is not known without asking.
///
/// @param source the page
/// @param date of the version of the page that was read
/// @param quantizations by repository
public record GgufFiles(String source, String date, Map<String, List<String>> quantizations) {
  private static final Pattern ONLY =
      Pattern.compile(".*-(I?Q\\d_\\w{1,6}|BF16|F16|F32)-GGUF", Pattern.CASE_INSENSITIVE);

  /// The lists that come with Kawi.
  public static GgufFiles load() {
    try (InputStream in = GgufFiles.class.getResourceAsStream("gguf-files.json")) {
      if (in == null) {
        throw new IllegalStateException("Bug: gguf-files.json is missing");
      }
      return JsonMapper.builder().build().readValue(in, GgufFiles.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JacksonException e) {
      throw new IllegalStateException("Bug: gguf-files.json: " + e.getOriginalMessage(), e);
    }
  }

  /// Whether the list of a repository is known.
  public boolean knows(String repository) {
    return quantizations.containsKey(repository);
  }

  /// Whether the repository has this quantization; empty if its list is not known. A repository
  /// whose name ends in a quantization has no other.
  public Optional<Boolean> has(String repository, String quantization) {
    Matcher only = ONLY.matcher(repository);
    if (only.matches()) {
      return Optional.of(named(only.group(1)).equals(named(quantization)));
    }
    return Optional.ofNullable(quantizations.get(repository))
        .map(all -> all.stream().anyMatch(q -> named(q).equals(named(quantization))));
  }

  private static String named(String quantization) {
    return quantization.toUpperCase(Locale.ROOT).replace("FP16", "F16");
  }
}
