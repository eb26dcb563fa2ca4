package io.inmesh.server.config;

import io.inmesh.server.config.Finding.Level;

/**
 * The one table of what is read and checked but does nothing yet. Whoever builds a feature deletes
 * its line here, and the compiler shows where it is used. An error refuses the object: for what
 * would change who may call or where a request goes.
 */
enum NotYetSupported {
  EXTERNAL_AUTH("filter ExternalAuth", Level.ERROR, Effect.REFUSED, ""),
  SESSION_AFFINITY("sessionAffinity ClientIP", Level.WARNING);

  private final String what;
  private final Level level;
  private final Effect effect;
  private final String instead;

  NotYetSupported(String what, Level level) {
    this(what, level, Effect.NONE, "");
  }

  NotYetSupported(String what, Level level, Effect effect, String instead) {
    this.what = what;
    this.level = level;
    this.effect = effect;
    this.instead = instead;
  }

  /** For the documentation. */
  String what() {
    return "not yet supported" + (instead.isEmpty() ? "" : "; " + instead);
  }

  /** Tells that it was used here. */
  void report(FieldPath path, Provenance at, Check check) {
    check.report(
        FindingCode.NOT_YET_SUPPORTED,
        level,
        path,
        at,
        what + " is not yet supported" + effect.words,
        instead);
  }

  /** What its use leads to. */
  private enum Effect {
    NONE(", has no effect"),
    REFUSED("; the object is refused");

    private final String words;

    Effect(String words) {
      this.words = words;
    }
  }
}
