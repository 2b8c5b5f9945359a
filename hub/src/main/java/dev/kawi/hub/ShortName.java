package dev.kawi.hub;

import dev.kawi.hub.Catalogue.Entry;
import dev.kawi.hub.Catalogue.Kind;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a short name of the catalogue can mean:
///
/// ```text
/// qwen3                  a family: the models of it that talk, or all where none does
/// qwen3:0.6b             those of this size
/// qwen3:0.6b-q8_0        in this quantization
/// Qwen3-0.6B:Q8_0        a model by its name
/// ```
///
/// @param models those that it can mean, in the order of the catalogue
/// @param quantization as it was asked for, if it was
public record ShortName(List<Entry> models, Optional<String> quantization) {
  private static final Pattern NAME =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,60})(?::([A-Za-z0-9._-]{1,40}))?");
  private static final Pattern QUANTIZATION =
      Pattern.compile("(?i)(?:i?q\\d_\\w{1,6}|bf16|f16|f32|mxfp4)");
  private static final Pattern TAG =
      Pattern.compile("(\\d{1,4}(?:\\.\\d{1,3})?[bBmM])(?:[-.](.+))?");

  /// Copies the list.
  public ShortName {
    models = List.copyOf(models);
  }

  /// What the text can mean; empty if it is no short name of the catalogue.
  public static Optional<ShortName> find(Catalogue catalogue, String text) {
    Matcher name = NAME.matcher(text);
    if (!name.matches()) {
      return Optional.empty();
    }
    Optional<String> tag =
        Optional.ofNullable(name.group(2)).filter(t -> !t.equalsIgnoreCase("latest"));
    Optional<Entry> model = catalogue.find(name.group(1));
    return model.isPresent()
        ? Optional.of(new ShortName(List.of(model.get()), tag))
        : ofFamily(catalogue, key(name.group(1)), tag);
  }

  private static Optional<ShortName> ofFamily(
      Catalogue catalogue, String family, Optional<String> tag) {
    List<Entry> members =
        catalogue
            .entries()
            .filter(e -> isOf(e.family(), family) && e.model().repository().isPresent())
            .toList();
    List<Entry> talking =
        members.stream().filter(e -> e.model().kind().equals(Kind.CHAT.word())).toList();
    List<Entry> meant = talking.isEmpty() ? members : talking;
    Matcher parts = TAG.matcher(tag.orElse(""));
    Optional<String> rest = tag;
    if (parts.matches()) {
      meant = meant.stream().filter(e -> hasSize(e.model().name(), parts.group(1))).toList();
      rest = Optional.ofNullable(parts.group(2));
    }
    Optional<String> quantization = rest.filter(r -> QUANTIZATION.matcher(r).matches());
    Optional<String> word = rest.filter(r -> quantization.isEmpty());
    List<Entry> found =
        meant.stream()
            .filter(e -> word.stream().allMatch(w -> key(e.model().name()).contains(key(w))))
            .toList();
    return found.isEmpty() ? Optional.empty() : Optional.of(new ShortName(found, quantization));
  }

  private static boolean isOf(Catalogue.Family family, String key) {
    return key(family.id()).equals(key)
        || key(family.name()).equals(key)
        || key(family.id()).equals(key + "moe");
  }

  /// Whether a name has the size as a word, as `Qwen3-0.6B` has 0.6b.
  private static boolean hasSize(String name, String size) {
    return List.of(name.toLowerCase(Locale.ROOT).split("[-_ ]"))
        .contains(size.toLowerCase(Locale.ROOT));
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "");
  }
}
