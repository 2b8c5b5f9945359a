/// Tokenizers, streaming detokenizer, chat templates.
module dev.kawi.text {
  requires transitive dev.kawi.weights;
  requires static transitive org.jspecify;
  requires tools.jackson.databind;

  exports dev.kawi.chat;
  exports dev.kawi.token;
}
