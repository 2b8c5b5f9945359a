/// References to models, the clients of both hubs, resumable downloads, the store on disk, and the
/// catalogue of model families.
@NullMarked
package dev.kawi.hub;

import org.jspecify.annotations.NullMarked;
