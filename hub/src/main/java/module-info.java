/// Find open models, pull them from ModelScope and Hugging Face, and keep them.
module dev.kawi.hub {
  requires java.net.http;
  requires static transitive org.jspecify;
  requires tools.jackson.databind;

  exports dev.kawi.hub;

  opens dev.kawi.hub to
      tools.jackson.databind;
}
