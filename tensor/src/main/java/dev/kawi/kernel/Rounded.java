package dev.kawi.kernel;

/// Activations in the form in which they meet weights of a type: [RoundedRows] for weights in
/// blocks, [Bf16Rows] for weights in BF16. Weights in F32 and F16 meet activations as they are.
public sealed interface Rounded permits RoundedRows, Bf16Rows {}
