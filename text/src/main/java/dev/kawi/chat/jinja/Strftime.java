package dev.kawi.chat.jinja;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/// Python's `datetime.now().strftime(format)` in the C locale, as the C library of Linux does it
/// (`%-d` and the like leave out padding).
final class Strftime {
  private final LocalDateTime now;
  private char flag;

  private Strftime(LocalDateTime now) {
    this.now = now;
  }

  static Value format(Rendering rendering, Value format) {
    Text pattern = StringMethods.text(format, "strftime_now");
    TextBuilder out = rendering.builder();
    Strftime strftime = new Strftime(rendering.now);
    String chars = pattern.chars();
    int at = 0;
    int percent;
    while ((percent = chars.indexOf('%', at)) >= 0 && percent + 1 < chars.length()) {
      out.append(pattern, at, percent);
      boolean flagged =
          "-_0^#".indexOf(chars.charAt(percent + 1)) >= 0 && percent + 2 < chars.length();
      strftime.flag = flagged ? chars.charAt(percent + 1) : ' ';
      at = percent + (flagged ? 3 : 2);
      out.append(strftime.directive(chars.charAt(at - 1)));
    }
    return out.append(pattern, at, chars.length()).build();
  }

  private String directive(char letter) {
    return switch (letter) {
      case 'a' -> name(now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH));
      case 'A' -> name(now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
      case 'b', 'h' -> name(now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH));
      case 'B' -> name(now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
      case 'd' -> number(now.getDayOfMonth(), 2, '0');
      case 'e' -> number(now.getDayOfMonth(), 2, ' ');
      case 'm' -> number(now.getMonthValue(), 2, '0');
      case 'y' -> number(now.getYear() % 100, 2, '0');
      case 'Y' -> number(now.getYear(), 1, '0');
      case 'C' -> number(now.getYear() / 100, 2, '0');
      case 'G' -> number(now.get(IsoFields.WEEK_BASED_YEAR), 1, '0');
      case 'g' -> number(now.get(IsoFields.WEEK_BASED_YEAR) % 100, 2, '0');
      case 'V' -> number(now.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2, '0');
      case 'H' -> number(now.getHour(), 2, '0');
      case 'k' -> number(now.getHour(), 2, ' ');
      case 'I' -> number(now.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2, '0');
      case 'l' -> number(now.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2, ' ');
      case 'M' -> number(now.getMinute(), 2, '0');
      case 'S' -> number(now.getSecond(), 2, '0');
      case 'f' -> number(now.getNano() / 1000, 6, '0');
      case 'j' -> number(now.getDayOfYear(), 3, '0');
      case 'p' -> flag == '#' ? meridiem().toLowerCase(Locale.ROOT) : meridiem();
      case 'P' -> meridiem().toLowerCase(Locale.ROOT);
      case 'u' -> number(now.getDayOfWeek().getValue(), 1, '0');
      case 'w' -> number(now.getDayOfWeek().getValue() % 7, 1, '0');
      case 'U' -> number((now.getDayOfYear() + 6 - now.getDayOfWeek().getValue() % 7) / 7, 2, '0');
      case 'W' ->
          number((now.getDayOfYear() + 6 - (now.getDayOfWeek().getValue() + 6) % 7) / 7, 2, '0');
      case 'D', 'x' -> all("m/d/y");
      case 'F' -> all("Y-m-d");
      case 'T', 'X' -> all("H:M:S");
      case 'R' -> all("H:M");
      case 'r' -> all("I:M:S p");
      case 'c' -> all("a b e H:M:S Y");
      case 's' -> String.valueOf(now.atZone(ZoneId.systemDefault()).toEpochSecond());
      case 'z', 'Z' -> "";
      case 'n' -> "\n";
      case 't' -> "\t";
      case '%' -> "%";
      default -> "%" + letter;
    };
  }

  private String all(String letters) {
    StringBuilder out = new StringBuilder();
    flag = ' ';
    for (int i = 0; i < letters.length(); i++) {
      char c = letters.charAt(i);
      out.append(Character.isLetter(c) ? directive(c) : String.valueOf(c));
    }
    return out.toString();
  }

  private String meridiem() {
    return now.getHour() < 12 ? "AM" : "PM";
  }

  private String name(String name) {
    return flag == '^' || flag == '#' ? name.toUpperCase(Locale.ROOT) : name;
  }

  private String number(int value, int width, char padding) {
    String digits = String.valueOf(value);
    char fill = flag == '_' ? ' ' : flag == '0' ? '0' : padding;
    return flag == '-'
        ? digits
        : String.valueOf(fill).repeat(Math.max(0, width - digits.length())) + digits;
  }
}
