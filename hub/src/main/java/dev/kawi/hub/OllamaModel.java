package dev.kawi.hub;

import java.nio.file.Path;

/// A model that Ollama has on this machine.
///
/// @param id as Kawi is told to use it, such as `ollama:llama3.2:1b`
/// @param file its weights: a GGUF file without the ending
/// @param bytes of the weights
public record OllamaModel(String id, Path file, long bytes) {}
