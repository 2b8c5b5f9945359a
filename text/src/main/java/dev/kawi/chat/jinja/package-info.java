/// The template language of chat templates: the part of Jinja2 3.1 that models use, and most of the
/// rest.
///
/// A template goes through [Lexer], [Parser] and [Renderer]. Values are plain data behind the
/// sealed [Value]; nothing here reflects on Java objects, so a template can reach only what it was
/// given. Every step and every character is counted by [Budget], so a hostile template ends with an
/// error and not with a hang.
@NullMarked
package dev.kawi.chat.jinja;

import org.jspecify.annotations.NullMarked;
