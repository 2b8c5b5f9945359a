/// Samplers, scheduler, KV pages, explanations.
module dev.kawi.engine {
  requires transitive dev.kawi.model;
  requires transitive dev.kawi.text;
  requires static transitive org.jspecify;
  requires jdk.management;
  requires transitive tools.jackson.databind;

  exports dev.kawi.engine;
  exports dev.kawi.explain;
  exports dev.kawi.grammar;
  exports dev.kawi.sample;
}
