package dev.kawi.chat;

/// Reads the arguments of a call where they are a JSON object, and hands them on as they come.
final class ArgumentObject {
  private static final JsonScanner.Visitor NOBODY =
      new JsonScanner.Visitor() {
        @Override
        public void opened(int start) {}

        @Override
        public void closed(int end) {}

        @Override
        public void key(String json) {}

        @Override
        public void scalar(int start, int end) {}
      };

  private final CallContext.Sink sink;
  private final JsonScanner scanner = new JsonScanner(NOBODY);
  private boolean begun;
  private int sent;

  ArgumentObject(CallContext.Sink sink) {
    this.sink = sink;
  }

  CallReader.Body take(char c, char origin) {
    if (!begun && Character.isWhitespace(c)) {
      return CallReader.Body.READING;
    }
    if (origin != Marker.TEXT || (!begun && c != '{') || !scanner.take(c)) {
      return CallReader.Body.FAILED;
    }
    begun = true;
    sink.arguments(scanner.text().substring(sent));
    sent = scanner.text().length();
    return scanner.isDone() ? CallReader.Body.WHOLE : CallReader.Body.READING;
  }
}
