package io.inmesh.server.config;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Something the operator should know about the configuration: what, where and what was expected.
 *
 * @param code what kind of finding; stable
 * @param level how bad
 * @param message one sentence without the place
 * @param resource the object concerned; null if there is none, for example an unreadable file
 * @param pointer the place inside the object as a JSON pointer (RFC 6901); empty for the object
 * @param provenance where it is written
 * @param hint what to do about it; empty if the message says all
 */
public record Finding(
    FindingCode code,
    Level level,
    String message,
    @Nullable ResourceKey resource,
    String pointer,
    Provenance provenance,
    String hint) {

  /** By file and position, then code and message. */
  public static final Comparator<Finding> ORDER =
      Comparator.comparing(Finding::provenance)
          .thenComparing(Finding::code)
          .thenComparing(Finding::pointer)
          .thenComparing(Finding::message);

  /** How bad a finding is. */
  public enum Level {
    /** Something was refused or does not work as written. */
    ERROR,
    /** It is in force, but probably not what was meant. */
    WARNING,
    /** Worth knowing. */
    INFO
  }

  /** A finding of the code's usual level about a place in an object. */
  public static Finding of(
      FindingCode code, ResourceKey resource, String pointer, Provenance where, String message) {
    return new Finding(code, code.level(), message, resource, pointer, where, "");
  }

  /** A finding of the code's usual level that concerns no particular object. */
  public static Finding of(FindingCode code, Provenance where, String message) {
    return new Finding(code, code.level(), message, null, "", where, "");
  }

  /** The same with another hint. */
  public Finding withHint(String newHint) {
    return new Finding(code, level, message, resource, pointer, provenance, newHint);
  }

  /** The same with another level. */
  public Finding withLevel(Level newLevel) {
    return new Finding(code, newLevel, message, resource, pointer, provenance, hint);
  }

  /** The file, relative to the configuration directory. */
  public String file() {
    return provenance.file();
  }

  /** The line, from 1. */
  public int line() {
    return provenance.line();
  }

  /** The column, from 1. */
  public int column() {
    return provenance.column();
  }

  /** Whether it is an error. */
  public boolean isError() {
    return level == Level.ERROR;
  }

  /** As {@link FindingText} writes it. */
  @Override
  public String toString() {
    return FindingText.line(this);
  }
}
