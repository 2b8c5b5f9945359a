package dev.kawi.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.kawi.hub.Catalogue;
import dev.kawi.hub.Catalogue.Family;
import dev.kawi.hub.Quantization;
import dev.kawi.model.Architecture;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

// How it works. The page is one file: `map/page.html` with the style, the script, the texts in
// English and Chinese and the catalogue put in. The catalogue goes in as JSON in which no < is
// left, so that nothing in it can end the element it is in; the script shows it as text, never as
// HTML.

/// A page that draws the catalogue: needs nothing but a browser, and no net.
final class MapPage {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .changeDefaultPropertyInclusion(i -> i.withValueInclusion(JsonInclude.Include.NON_NULL))
          .build();

  private MapPage() {}

  /// What the script gets to know.
  ///
  /// @param families what is drawn
  /// @param dataSets what is listed below
  /// @param edges who was tuned from whom
  /// @param kinds words for what models are for, in the order in which they are shown
  /// @param runs the architectures that Kawi runs
  /// @param quantizations from the best to the smallest that is advised
  /// @param overheadBytes memory beside that which a model needs for each parameter
  record Data(
      List<Family> families,
      List<Catalogue.DataSet> dataSets,
      List<Edge> edges,
      List<String> kinds,
      List<String> runs,
      List<Size> quantizations,
      double overheadBytes) {}

  /// A line of descent between families.
  ///
  /// @param from the family that was there before
  /// @param to the family with models tuned from it
  record Edge(String from, String to) {}

  /// What a quantization needs.
  ///
  /// @param name as in file names
  /// @param bytesPerParameter memory for each parameter
  record Size(String name, double bytesPerParameter) {}

  /// The page of these families.
  static String of(Catalogue catalogue) {
    return resource("page.html")
        .replace("{{style}}", resource("page.css"))
        .replace("{{script}}", resource("page.js"))
        .replace("{{texts}}", escaped(resource("texts.json")))
        .replace("{{data}}", escaped(MAPPER.writeValueAsString(data(catalogue))));
  }

  private static Data data(Catalogue catalogue) {
    return new Data(
        catalogue.families(),
        catalogue.dataSets(),
        edges(catalogue),
        Stream.of(Catalogue.Kind.values()).map(Catalogue.Kind::word).toList(),
        catalogue
            .entries()
            .flatMap(entry -> entry.architecture().stream())
            .distinct()
            .filter(Architecture::runs)
            .toList(),
        Quantization.ALL.stream()
            .skip(1)
            .filter(Quantization::isAdvised)
            .map(MapPage::size)
            .toList(),
        Quantization.ALL.getFirst().memory(0));
  }

  private static Size size(Quantization quantization) {
    long many = 1_000_000_000;
    double bytes = quantization.memory(many) - quantization.memory(0);
    return new Size(quantization.name(), bytes / many);
  }

  /// JSON that can stand in an element of HTML. A < is only ever part of a string.
  static String escaped(String json) {
    return json.replace("<", "\\u003c");
  }

  /// Which family has models that were tuned from another family's.
  static List<Edge> edges(Catalogue catalogue) {
    Map<String, String> owners = new HashMap<>();
    catalogue.families().forEach(f -> owners.put(key(f.name()), f.id()));
    catalogue.entries().forEach(e -> owners.put(key(e.model().name()), e.family().id()));
    return catalogue.families().stream()
        .flatMap(family ->
            origins(family)
                .flatMap(name -> Optional.ofNullable(owners.get(key(name))).stream())
                .filter(owner -> !owner.equals(family.id()))
                .map(owner -> new Edge(owner, family.id())))
        .distinct()
        .toList();
  }

  private static Stream<String> origins(Family family) {
    return Stream.<Optional<String>>concat(
            Stream.of(Optional.ofNullable(family.tunedFrom())),
            family.models().stream().map(model -> Optional.ofNullable(model.tunedFrom())))
        .flatMap(Optional::stream);
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /// A file of the page.
  static String resource(String name) {
    try (InputStream in = MapPage.class.getResourceAsStream("map/" + name)) {
      byte[] bytes =
          Objects.requireNonNull(in, () -> "Bug: map/" + name + " is missing").readAllBytes();
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
