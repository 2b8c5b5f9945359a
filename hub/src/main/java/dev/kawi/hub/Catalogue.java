package dev.kawi.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The map of open models: families, their members and what these were tuned from, and open data
/// sets. It is the file `catalogue.json` beside this class, whose fields are those of the records
/// here; each row names the public page that its facts are from, and what no page said is left out.
///
/// @param families families of models
/// @param dataSets open data sets
public record Catalogue(List<Family> families, List<DataSet> dataSets) {
  private static final Pattern REPOSITORY =
      Pattern.compile("[A-Za-z0-9][\\w.-]{0,95}/[A-Za-z0-9][\\w.-]{0,95}");
  private static final Pattern MONTH = Pattern.compile("20\\d\\d-(?:0[1-9]|1[0-2])");
  private static final Pattern LANGUAGE = Pattern.compile("[a-z]{2}");

  /// Copies the lists.
  public Catalogue {
    families = copy(families);
    dataSets = copy(dataSets);
  }

  /// What a model is for.
  public enum Kind {
    BASE,
    CHAT,
    CODE,
    MATH,
    MULTIMODAL,
    AGENT,
    EMBEDDING,
    RERANKER,
    DOMAIN,
    REWARD;

    /// The word for it.
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /// The kind with this word, if there is one.
    public static Optional<Kind> of(@Nullable String word) {
      return Stream.of(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }
  }

  /// A family: models of one publisher and one architecture.
  ///
  /// @param id a short name that is like no other
  /// @param name for people
  /// @param group the larger family that it belongs to
  /// @param organisation who published it
  /// @param architecture as GGUF files name it, or else as the publisher's configuration does
  /// @param licence of the weights
  /// @param licenceNote what differs from it
  /// @param languages that its page names, ISO 639-1
  /// @param context tokens that its models were made for
  /// @param tunedFrom the family or model that it started from
  /// @param note a remark
  /// @param released the month in which its publisher announced it, such as `2025-04`
  /// @param source the page that the facts are from
  /// @param alsoSeen further pages
  /// @param models its members
  public record Family(
      String id,
      String name,
      String group,
      String organisation,
      @Nullable String architecture,
      @Nullable String licence,
      @Nullable String licenceNote,
      List<String> languages,
      @Nullable Long context,
      @Nullable String tunedFrom,
      @Nullable String note,
      @Nullable String released,
      String source,
      List<String> alsoSeen,
      List<Model> models) {
    /// Copies the lists.
    public Family {
      languages = copy(languages);
      alsoSeen = copy(alsoSeen);
      models = copy(models);
    }
  }

  /// A member of a family. What is not said is as in the family.
  ///
  /// @param name its name, like no other
  /// @param kind what it is for: the word of a [Kind]
  /// @param parameters how many, as published
  /// @param active how many of them each token passes, of a mixture of experts
  /// @param architecture if it is not the family's
  /// @param context tokens that it was made for, if not the family's
  /// @param languages if not the family's
  /// @param licence if not the family's
  /// @param tunedFrom the model that it was tuned from
  /// @param huggingface its repository there
  /// @param modelscope its repository there
  /// @param gguf a repository on Hugging Face with GGUF files of it
  /// @param note a remark
  /// @param source the page that the facts are from, if not the family's
  /// @param alsoSeen further pages
  public record Model(
      String name,
      String kind,
      @Nullable Long parameters,
      @Nullable Long active,
      @Nullable String architecture,
      @Nullable Long context,
      List<String> languages,
      @Nullable String licence,
      @Nullable String tunedFrom,
      @Nullable String huggingface,
      @Nullable String modelscope,
      @Nullable String gguf,
      @Nullable String note,
      @Nullable String source,
      List<String> alsoSeen) {
    /// Copies the lists.
    public Model {
      languages = copy(languages);
      alsoSeen = copy(alsoSeen);
    }

    /// Where it can be pulled from, best first: GGUF, then the publisher's repositories.
    public Optional<String> repository() {
      return Stream.of(gguf, modelscope, huggingface)
          .filter(java.util.Objects::nonNull)
          .map(String::valueOf)
          .findFirst();
    }
  }

  /// An open data set.
  ///
  /// @param id a short name that is like no other
  /// @param name for people
  /// @param organisation who published it
  /// @param kind what it is for, in a word or two
  /// @param languages ISO 639-1
  /// @param size as published
  /// @param licence as published
  /// @param huggingface its repository there
  /// @param modelscope its repository there
  /// @param note a remark
  /// @param source the page that the facts are from
  /// @param alsoSeen further pages
  public record DataSet(
      String id,
      String name,
      @Nullable String organisation,
      String kind,
      List<String> languages,
      @Nullable String size,
      @Nullable String licence,
      @Nullable String huggingface,
      @Nullable String modelscope,
      @Nullable String note,
      String source,
      List<String> alsoSeen) {
    /// Copies the lists.
    public DataSet {
      languages = copy(languages);
      alsoSeen = copy(alsoSeen);
    }
  }

  private static <T> List<T> copy(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  /// The catalogue that comes with Kawi.
  public static Catalogue load() {
    try (InputStream in = Catalogue.class.getResourceAsStream("catalogue.json")) {
      if (in == null) {
        throw new IllegalStateException("Bug: catalogue.json is missing");
      }
      return JsonMapper.builder().build().readValue(in, Catalogue.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JacksonException e) {
      throw new IllegalStateException("Bug: catalogue.json: " + e.getOriginalMessage(), e);
    }
  }

  /// A model with its family.
  ///
  /// @param family the family
  /// @param model the model
  public record Entry(Family family, Model model) {
    /// Tokens that the model was made for, if a page says it.
    public Optional<Long> context() {
      return Optional.ofNullable(model.context()).or(() -> Optional.ofNullable(family.context()));
    }

    /// The licence of the weights, if a page says it.
    public Optional<String> licence() {
      return Optional.ofNullable(model.licence()).or(() -> Optional.ofNullable(family.licence()));
    }

    /// Languages that a page names.
    public List<String> languages() {
      return model.languages().isEmpty() ? family.languages() : model.languages();
    }

    /// The architecture, if it is known.
    public Optional<String> architecture() {
      return Optional.ofNullable(model.architecture())
          .or(() -> Optional.ofNullable(family.architecture()));
    }
  }

  /// All models.
  public Stream<Entry> entries() {
    return families.stream()
        .flatMap(family -> family.models().stream().map(model -> new Entry(family, model)));
  }

  /// The model with this name, whatever its letters' case.
  public Optional<Entry> find(String name) {
    return entries().filter(entry -> entry.model().name().equalsIgnoreCase(name)).findFirst();
  }

  /// What is wrong with the rows: fields that are missing or malformed, names that are used twice.
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (Family family : families) {
      Check check = new Check(family.id(), problems::add);
      check.that(ids.add("family " + family.id()), "is there twice");
      check.text("name", family.name());
      check.text("group", family.group());
      check.text("organisation", family.organisation());
      check.page(family.source());
      check.languages(family.languages());
      String released = family.released();
      check.that(
          released == null || MONTH.matcher(released).matches(),
          "was released in no month: " + released);
      for (Model model : family.models()) {
        Check member = new Check(family.id() + ", " + model.name(), problems::add);
        member.that(ids.add(model.name().toLowerCase(Locale.ROOT)), "is there twice");
        member.that(Kind.of(model.kind()).isPresent(), "has the unknown kind " + model.kind());
        member.repository(model.huggingface());
        member.repository(model.modelscope());
        member.repository(model.gguf());
        member.languages(model.languages());
        Long parameters = model.parameters();
        member.that(parameters == null || parameters > 1_000_000, "has too few parameters");
        Long active = model.active();
        member.that(
            active == null || (parameters != null && active < parameters),
            "has more active parameters than parameters");
      }
    }
    for (DataSet set : dataSets) {
      Check check = new Check(set.id(), problems::add);
      check.that(ids.add("data set " + set.id()), "is there twice");
      check.text("name", set.name());
      check.text("kind", set.kind());
      check.page(set.source());
      check.repository(set.huggingface());
      check.repository(set.modelscope());
      check.languages(set.languages());
    }
    return problems;
  }

  private record Check(String row, Consumer<String> problems) {
    void that(boolean holds, String problem) {
      if (!holds) {
        problems.accept(row + " " + problem);
      }
    }

    void text(String field, @Nullable String value) {
      that(value != null && !value.isBlank(), "has no " + field);
    }

    void page(@Nullable String source) {
      that(
          source != null && source.startsWith("https://") && URI.create(source).getHost() != null,
          "names no page as its source: " + source);
    }

    void repository(@Nullable String repository) {
      that(
          repository == null || REPOSITORY.matcher(repository).matches(),
          "has no OWNER/NAME: " + repository);
    }

    void languages(List<String> languages) {
      that(
          languages.stream().allMatch(l -> LANGUAGE.matcher(l).matches()),
          "has languages not in ISO 639-1: " + languages);
    }
  }
}
