package io.inmesh.model;

import java.util.List;
import java.util.Set;

/** Which calls an access log has. */
public sealed interface LogFilter {
  /** Every call. */
  LogFilter ALL = new And(List.of());

  /** How a number is compared. */
  enum Comparison {
    EQUAL,
    AT_LEAST,
    AT_MOST;

    /** Whether a number compares so with the one of the configuration. */
    public boolean holds(long actual, long configured) {
      return switch (this) {
        case EQUAL -> actual == configured;
        case AT_LEAST -> actual >= configured;
        case AT_MOST -> actual <= configured;
      };
    }
  }

  /** By HTTP's status; 0: there was none. */
  record Status(Comparison comparison, int status) implements LogFilter {}

  /** By duration. */
  record Duration(Comparison comparison, long millis) implements LogFilter {}

  /**
   * By gRPC's status; of plain HTTP it is what gRPC takes HTTP's for.
   *
   * @param except whether those are meant that are not listed
   */
  record GrpcStatus(Set<Integer> statuses, boolean except) implements LogFilter {
    public GrpcStatus {
      statuses = Set.copyOf(statuses);
    }
  }

  /**
   * Those that the mesh answered or failed itself.
   *
   * @param flags response flags; empty: any
   */
  record Flags(Set<String> flags) implements LogFilter {
    public Flags {
      flags = Set.copyOf(flags);
    }
  }

  /** A share of them, by chance. */
  record Sample(Fraction share) implements LogFilter {}

  /** All of these hold. */
  record And(List<LogFilter> filters) implements LogFilter {
    public And {
      filters = List.copyOf(filters);
    }
  }

  /** One of these holds. */
  record Or(List<LogFilter> filters) implements LogFilter {
    public Or {
      filters = List.copyOf(filters);
    }
  }
}
