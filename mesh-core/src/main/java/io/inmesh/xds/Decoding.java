package io.inmesh.xds;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What decoding one resource needs and gathers. Confined to one thread. */
final class Decoding {
  private static final int MAX_REMARKS = 50;
  private static final int MAX_REGEX_LENGTH = 4096;
  private static final int MAX_REGEX_COST = 20_000;

  private final KnownFilters filters;
  private final List<Remark> remarks = new ArrayList<>();

  Decoding(KnownFilters filters) {
    this.filters = filters;
  }

  /** The filters this process can run. */
  KnownFilters filters() {
    return filters;
  }

  /** What was noted so far. */
  List<Remark> remarks() {
    return List.copyOf(remarks);
  }

  /** Notes something that has no effect. */
  void remark(FieldPath path, String why) {
    if (remarks.size() < MAX_REMARKS) {
      Remark remark = new Remark(path.toString(), why);
      if (!remarks.contains(remark)) {
        remarks.add(remark);
      }
    }
  }

  /** Holds every populated field against {@link SupportedFields}. */
  <M extends Message> M audited(M message, FieldPath path) throws Rejection {
    FieldAudit.check(message, path, this);
    return message;
  }

  /** Unpacks and audits. */
  <M extends Message> M unpack(Any any, Class<M> type, FieldPath path) throws Rejection {
    try {
      return audited(MessageTypes.unpack(any, type), path);
    } catch (InvalidProtocolBufferException e) {
      throw new Rejection(path, "cannot be read as " + type.getSimpleName());
    }
  }

  /** A duration that is not negative. */
  Duration duration(com.google.protobuf.Duration value, FieldPath path) throws Rejection {
    if (value.getSeconds() < 0 || value.getNanos() < 0) {
      throw new Rejection(path, "is negative");
    }
    if (value.getSeconds() > 315_576_000_000L || value.getNanos() > 999_999_999) {
      throw new Rejection(path, "is out of range");
    }
    return Duration.ofSeconds(value.getSeconds(), value.getNanos());
  }

  /** A duration, or null where it is unset. */
  @Nullable Duration optional(boolean set, com.google.protobuf.Duration value, FieldPath path)
      throws Rejection {
    return set ? duration(value, path) : null;
  }

  /** A duration, or null where it is unset or zero. */
  @Nullable Duration positive(boolean set, com.google.protobuf.Duration value, FieldPath path)
      throws Rejection {
    @Nullable Duration duration = optional(set, value, path);
    return duration == null || duration.isZero() ? null : duration;
  }

  /** An unsigned number that fits, or the default where the wrapper is unset. */
  int number(boolean set, UInt32Value value, int unset, FieldPath path) throws Rejection {
    return set ? number(value.getValue(), path) : unset;
  }

  /** An unsigned number that fits. */
  int number(int unsigned, FieldPath path) throws Rejection {
    if (unsigned < 0) {
      throw new Rejection(path, "is larger than " + Integer.MAX_VALUE);
    }
    return unsigned;
  }

  /** An unsigned number, as large as it can be. */
  int saturated(boolean set, UInt32Value value, int unset) {
    return !set ? unset : value.getValue() < 0 ? Integer.MAX_VALUE : value.getValue();
  }

  /** An RE2 expression that compiles, in linear time, to something small. */
  String regex(String regex, FieldPath path) throws Rejection {
    if (regex.length() > MAX_REGEX_LENGTH) {
      throw new Rejection(path, "is longer than " + MAX_REGEX_LENGTH + " characters");
    }
    if (RegexCost.of(regex) > MAX_REGEX_COST) {
      throw new Rejection(path, "repeats too much");
    }
    try {
      var unused = Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new Rejection(path, "is no RE2 expression: " + e.getMessage());
    }
    return regex;
  }

  /** The name of a header, in lower case. */
  String headerName(String name, FieldPath path) throws Rejection {
    if (name.isEmpty() || name.length() > 256) {
      throw new Rejection(path, "is empty or too long");
    }
    StringBuilder lower = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean colon = c == ':' && i == 0 && name.length() > 1;
      if (!colon && !tokenCharacter(c)) {
        throw new Rejection(path, "is no header name");
      }
      lower.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
    }
    return lower.toString();
  }

  /** The value of a header: nothing that could end the line. */
  String headerValue(String value, FieldPath path) throws Rejection {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 127) {
        throw new Rejection(path, "holds a control character");
      }
    }
    return value;
  }

  private static boolean tokenCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
  }
}
