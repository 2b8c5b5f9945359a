package dev.kawi.gguf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The names of the files of a split model, `<prefix>-00001-of-00003.gguf`, and what their metadata
/// must say. Source: `gguf-split` of llama.cpp.
final class SplitName {
  static final String NUMBER_KEY = "split.no";
  static final String COUNT_KEY = "split.count";
  static final String TENSORS_KEY = "split.tensors.count";
  static final int MAX_COUNT = 65_535;
  private static final Pattern FORM = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  private SplitName() {}

  /// The name of the file with this number, from 1.
  static String format(String prefix, int number, int count) {
    return String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", prefix, number, count);
  }

  /// All files of the model to which this file belongs, in order.
  static List<Path> filesOf(Path path) throws IOException {
    Path fileName = path.getFileName();
    Matcher form = FORM.matcher(fileName == null ? "" : fileName.toString());
    if (!form.matches() || !Files.exists(path)) {
      return List.of(path);
    }
    int count = Integer.parseInt(form.group(3));
    if (Integer.parseInt(form.group(2)) > count || Integer.parseInt(form.group(2)) < 1) {
      throw new ModelFormatException(
          "gguf: %s cannot be number %s of %d files".formatted(path, form.group(2), count));
    }
    List<Path> files = new ArrayList<>();
    for (int number = 1; number <= count; number++) {
      Path file = path.resolveSibling(format(form.group(1), number, count));
      if (!Files.exists(file)) {
        throw new NoSuchFileException(
            file.toString(),
            null,
            "gguf: the model is split into %d files and this one is missing beside %s"
                .formatted(count, fileName));
      }
      files.add(file);
    }
    return files;
  }

  /// Checks that the opened files are all the files of one model.
  static void requireOneModel(Path path, List<GgufPart> parts) {
    Metadata first = parts.getFirst().header().metadata();
    int announced = Math.max(1, first.integer(COUNT_KEY).orElse(1));
    if (announced != parts.size()) {
      throw new ModelFormatException(
          "gguf: %s says that the model is split into %d files, its name says %d; the files of a split model keep their names, such as %s"
              .formatted(path, announced, parts.size(), format("model", 1, announced)));
    }
    if (announced == 1) {
      return;
    }
    long tensors = 0;
    for (int i = 0; i < parts.size(); i++) {
      requireNumber(parts.get(i), i, announced);
      tensors += parts.get(i).header().tensors().size();
    }
    requireTensors(path, first.integer(TENSORS_KEY).orElse((int) tensors), tensors);
  }

  private static void requireNumber(GgufPart part, int number, int count) {
    Metadata metadata = part.header().metadata();
    int foundNumber = metadata.integer(NUMBER_KEY).orElse(-1);
    int foundCount = metadata.integer(COUNT_KEY).orElse(count);
    if (foundNumber != number || foundCount != count) {
      throw new ModelFormatException(
          "gguf: %s is file %d of %d by its name, but %d of %d by its metadata; was it renamed?"
              .formatted(part.path(), number + 1, count, foundNumber + 1, foundCount));
    }
  }

  private static void requireTensors(Path path, long announced, long found) {
    if (announced != found) {
      throw new ModelFormatException(
          "gguf: the model of %s announces %d tensors, its files hold %d; is one of another model?"
              .formatted(path, announced, found));
    }
  }
}
