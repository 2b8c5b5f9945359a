package dev.kawi.pytorch;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.pytorch.PickleValue.Int;
import dev.kawi.pytorch.PickleValue.Items;
import dev.kawi.pytorch.PickleValue.Real;
import dev.kawi.pytorch.PickleValue.Singleton;
import dev.kawi.pytorch.PickleValue.Table;
import dev.kawi.pytorch.PickleValue.Text;
import dev.kawi.pytorch.PickleValue.Tuple;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

// How it works. A pickle is a program for a machine with a stack, a memo of values to use again,
// and instructions of one byte. In Python it can call any function, which makes a pickle from
// somewhere else as dangerous as a script. Here the instructions are those that a dict of tensors
// needs, and the names that it may use are the constants of two enums; everything else is an error
// that says what was wanted. An instruction makes one value at most, and their number is limited,
// so memory is, too; nothing recurses, so depth needs no limit.

/// Reads one pickle with a dict of tensors. Source: `pickletools.py` of CPython.
final class Unpickler {
  private static final int MOST_OPCODES = 2_000_000;
  private static final int NEWEST_PROTOCOL = 5;

  private final PickleInput in;
  private final Rebuilder rebuilder;
  private final List<PickleValue> stack = new ArrayList<>();
  private final Map<Integer, PickleValue> memo = new HashMap<>();

  Unpickler(PickleInput in, Rebuilder rebuilder) {
    this.in = in;
    this.rebuilder = rebuilder;
  }

  /// The value of the pickle, whose last byte is the last that is read.
  PickleValue read() {
    for (int i = 0; i < MOST_OPCODES; i++) {
      int opcode = in.unsignedByte();
      if (opcode == '.') {
        return pop();
      }
      step(opcode);
    }
    throw in.damaged(
        "has a pickle of more than %d instructions, a dict of tensors needs about 30 for each"
            .formatted(MOST_OPCODES));
  }

  private void step(int opcode) {
    switch (opcode) {
      case 0x80 -> protocol();
      case 0x95 -> in.skip(Long.BYTES); // the size of a frame
      case '(' -> push(Singleton.MARK);
      case 'N' -> push(Singleton.NONE);
      case 0x88 -> push(Singleton.TRUE);
      case 0x89 -> push(Singleton.FALSE);
      case 'K' -> push(new Int(in.unsignedByte()));
      case 'M' -> push(new Int(in.unsignedShort()));
      case 'J' -> push(new Int(in.signedInt()));
      case 0x8A -> push(new Int(in.shortLong()));
      case 'G' -> push(new Real(in.bigEndianDouble()));
      case 'X' -> push(new Text(in.text(in.count())));
      case 0x8C -> push(new Text(in.text(in.unsignedByte())));
      case 'T' -> push(new Text(in.latinText(in.count())));
      case 'U' -> push(new Text(in.latinText(in.unsignedByte())));
      case ')' -> push(new Tuple(List.of()));
      case 0x85 -> push(new Tuple(pop(1)));
      case 0x86 -> push(new Tuple(pop(2)));
      case 0x87 -> push(new Tuple(pop(3)));
      case 't' -> push(new Tuple(popToMark()));
      case ']' -> push(new Items());
      case 'a' -> append(pop(1));
      case 'e' -> append(popToMark());
      case '}' -> push(new Table());
      case 's' -> put(pop(2));
      case 'u' -> put(popToMark());
      case 'q' -> memo.put(in.unsignedByte(), top());
      case 'r' -> memo.put(in.count(), top());
      case 0x94 -> memo.put(memo.size(), top());
      case 'h' -> push(memo(in.unsignedByte()));
      case 'j' -> push(memo(in.count()));
      case 'c' -> push(global(in.line(), in.line()));
      case 0x93 -> stackGlobal();
      case 'Q' -> push(rebuilder.storage(tuple("a storage")));
      case 'R' -> reduce();
      case 'b' -> build();
      default ->
          throw in.wrong(
              "has a pickle with the instruction 0x%02x, which no dict of tensors needs; Kawi reads"
                      .formatted(opcode)
                  + " what torch.save writes of a state_dict()");
    }
  }

  private void protocol() {
    int protocol = in.unsignedByte();
    if (protocol > NEWEST_PROTOCOL) {
      throw in.damaged(
          "has a pickle of protocol %d, at most %d expected".formatted(protocol, NEWEST_PROTOCOL));
    }
  }

  // ---- stack ----

  private void push(PickleValue value) {
    stack.add(value);
  }

  private PickleValue top() {
    if (stack.isEmpty() || stack.getLast() == Singleton.MARK) {
      throw in.damaged("has a pickle that uses a value before it is there");
    }
    return stack.getLast();
  }

  private PickleValue pop() {
    PickleValue value = top();
    stack.removeLast();
    return value;
  }

  /// The last values, the first pushed first.
  private List<PickleValue> pop(int count) {
    List<PickleValue> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      values.add(pop());
    }
    Collections.reverse(values);
    return values;
  }

  /// The values since the last mark, which goes, too.
  private List<PickleValue> popToMark() {
    int mark = stack.size() - 1;
    while (mark >= 0 && stack.get(mark) != Singleton.MARK) {
      mark--;
    }
    if (mark < 0) {
      throw in.damaged("has a pickle that ends a list that did not begin");
    }
    List<PickleValue> values = pop(stack.size() - 1 - mark);
    stack.removeLast();
    return values;
  }

  private PickleValue memo(int index) {
    PickleValue value = memo.get(index);
    if (value == null) {
      throw in.damaged(
          "has a pickle that uses value %d again, which it never made".formatted(index));
    }
    return value;
  }

  // ---- values of values ----

  private ModelFormatException unexpected(PickleValue found, String expected) {
    return in.wrong(
        "has a pickle with %s in the place of %s; Kawi reads what torch.save writes of a state_dict()"
            .formatted(found.kind(), expected));
  }

  private Tuple tuple(String expected) {
    PickleValue value = pop();
    if (value instanceof Tuple tuple) {
      return tuple;
    }
    throw unexpected(value, expected);
  }

  private void append(List<PickleValue> values) {
    if (!(top() instanceof Items items)) {
      throw unexpected(top(), "a list");
    }
    items.values().addAll(values);
  }

  private void put(List<PickleValue> keysAndValues) {
    if (!(top() instanceof Table table)) {
      throw unexpected(top(), "a dict");
    }
    if (keysAndValues.size() % 2 != 0) {
      throw in.damaged("has a pickle with a key without a value");
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      if (!(keysAndValues.get(i) instanceof Text key)) {
        throw unexpected(keysAndValues.get(i), "the name of a tensor");
      }
      table.values().put(key.value(), keysAndValues.get(i + 1));
    }
  }

  /// Attributes of a dict, such as `_metadata`, say nothing of tensors.
  private void build() {
    pop();
    if (!(top() instanceof Table)) {
      throw unexpected(top(), "a dict");
    }
  }

  private void reduce() {
    Tuple arguments = tuple("arguments");
    PickleValue called = pop();
    if (!(called instanceof Constructor constructor)) {
      throw unexpected(called, "a function");
    }
    push(rebuilder.call(constructor, arguments));
  }

  // ---- names ----

  private void stackGlobal() {
    List<PickleValue> names = pop(2);
    if (names.get(0) instanceof Text module && names.get(1) instanceof Text name) {
      push(global(module.value(), name.value()));
    } else {
      throw in.damaged("has a pickle with the name of a function that is no text");
    }
  }

  private PickleValue global(String module, String name) {
    for (Constructor constructor : Constructor.values()) {
      if (constructor.is(module, name)) {
        return constructor;
      }
    }
    for (ElementType type : ElementType.values()) {
      if (module.equals("torch") && name.equals(type.className())) {
        return type;
      }
    }
    throw in.wrong(
        "has a pickle that asks for %s, where only tensors are expected; nothing was run; use a file"
                .formatted(printable(module + "." + name))
            + " with a plain state_dict() of F32, F16 or BF16, from a source that you trust");
  }

  private static String printable(String name) {
    String shown = name.length() > 100 ? name.substring(0, 100) + "..." : name;
    return shown.replaceAll("[^ -~]", "?");
  }
}
