package dev.kawi.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/// Python's pickle format, as far as lists, dictionaries and texts need it: it writes protocol 2,
/// which every Python 3 reads, and reads what Python's pickler makes of such values in protocols 2
/// to 5. Nothing else is read, so reading one runs no code. Source: `pickletools.py` of CPython.
final class Pickle {
  private static final int PROTO = 0x80;
  private static final int FRAME = 0x95;
  private static final int MEMOIZE = 0x94;
  private static final int SHORT_BINUNICODE = 0x8c;
  private static final int MAX_MEMO = 1 << 20;

  private final ByteBuffer in;
  private final Deque<Object> stack = new ArrayDeque<>();
  private final Map<Integer, Object> memo = new LinkedHashMap<>();

  /// What separates the items of a list or a dictionary from what was before.
  private enum Mark {
    MARK
  }

  private Pickle(byte[] bytes) {
    in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// Writes a value of lists, maps and strings.
  static byte[] write(Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(PROTO);
    out.write(2);
    write(value, out);
    out.write('.');
    return out.toByteArray();
  }

  private static void write(Object value, ByteArrayOutputStream out) {
    switch (value) {
      case String text -> {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        out.writeBytes(
            ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(utf8.length).array());
        out.writeBytes(utf8);
      }
      case List<?> list -> {
        out.writeBytes(new byte[] {']', '('});
        list.forEach(item -> write(item, out));
        out.write('e');
      }
      case Map<?, ?> map -> {
        out.writeBytes(new byte[] {'}', '('});
        map.forEach((key, item) -> {
          write(key, out);
          write(item, out);
        });
        out.write('u');
      }
      default -> throw new IllegalArgumentException("Bug: no pickle of " + value.getClass());
    }
  }

  /// Reads a value of lists, maps and strings.
  ///
  /// @throws IOException if the bytes are something else
  static Object read(byte[] bytes) throws IOException {
    try {
      return new Pickle(bytes).read();
    } catch (BufferUnderflowException | NoSuchElementException | ClassCastException e) {
      throw new IOException("pickle: ends too early or is damaged", e);
    }
  }

  private Object read() throws IOException {
    while (true) {
      int code = Byte.toUnsignedInt(in.get());
      switch (code) {
        case PROTO -> in.get();
        case FRAME -> in.getLong();
        case ']' -> stack.push(new ArrayList<>());
        case '}' -> stack.push(new LinkedHashMap<>());
        case '(' -> stack.push(Mark.MARK);
        case 'X' -> stack.push(text(in.getInt()));
        case SHORT_BINUNICODE -> stack.push(text(Byte.toUnsignedInt(in.get())));
        case 'a', 'e' -> append(code == 'a' ? List.of(stack.pop()) : popItems());
        case 's', 'u' -> put(code == 's' ? popPair() : popItems());
        case MEMOIZE -> remember(memo.size());
        case 'q' -> remember(Byte.toUnsignedInt(in.get()));
        case 'r' -> remember(in.getInt());
        case 'h' -> stack.push(remembered(Byte.toUnsignedInt(in.get())));
        case 'j' -> stack.push(remembered(in.getInt()));
        case '.' -> {
          return stack.pop();
        }
        default ->
            throw new IOException(
                "pickle: has the code %02x, which no list of texts needs".formatted(code));
      }
    }
  }

  private String text(int length) throws IOException {
    if (length < 0 || length > in.remaining()) {
      throw new IOException("pickle: ends inside a text of " + length + " bytes");
    }
    byte[] utf8 = new byte[length];
    in.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private void remember(int index) throws IOException {
    if (memo.size() >= MAX_MEMO) {
      throw new IOException("pickle: remembers more than " + MAX_MEMO + " values");
    }
    memo.put(index, stack.element());
  }

  private Object remembered(int index) throws IOException {
    Object value = memo.get(index);
    if (value == null) {
      throw new IOException("pickle: asks for value " + index + ", which it never gave");
    }
    return value;
  }

  private List<Object> popPair() {
    Object value = stack.pop();
    return List.of(stack.pop(), value);
  }

  private List<Object> popItems() {
    List<Object> items = new ArrayList<>();
    for (Object item = stack.pop(); item != Mark.MARK; item = stack.pop()) {
      items.add(item);
    }
    return items.reversed();
  }

  @SuppressWarnings("unchecked")
  private void append(List<Object> items) {
    ((List<Object>) stack.element()).addAll(items);
  }

  @SuppressWarnings("unchecked")
  private void put(List<Object> items) throws IOException {
    Map<Object, Object> map = (Map<Object, Object>) stack.element();
    if (items.size() % 2 != 0) {
      throw new IOException("pickle: has a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      map.put((String) items.get(i), items.get(i + 1));
    }
  }
}
