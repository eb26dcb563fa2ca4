package io.inmesh.filter.authz;

import io.inmesh.identity.SpiffeId;
import io.inmesh.match.TextTest;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.Cidr;
import io.inmesh.model.StringMatch;
import io.inmesh.route.FieldTest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compiles {@link AccessMatch}es. Stateless. */
final class Conditions {
  private Conditions() {}

  /**
   * Compiles.
   *
   * @throws IllegalArgumentException if a regex or template is not valid
   */
  static Condition of(AccessMatch match) {
    if (match instanceof AccessMatch.Always) {
      return Condition.ALWAYS;
    }
    if (match instanceof AccessMatch.All all) {
      return all(all.parts());
    }
    if (match instanceof AccessMatch.AnyOf any) {
      return any(any.parts());
    }
    if (match instanceof AccessMatch.Not not) {
      Condition part = of(not.part());
      return subject -> !part.test(subject);
    }
    if (match instanceof AccessMatch.Header header) {
      FieldTest test = FieldTest.of(header.header());
      return subject -> test.test(subject.head);
    }
    if (match instanceof AccessMatch.Path path) {
      TextTest test = TextTest.of(NamedPath.of(path.path()));
      return subject -> test.test(subject.path());
    }
    if (match instanceof AccessMatch.PathTemplate template) {
      PathTemplate test = new PathTemplate(NamedPath.template(template.template()));
      return subject -> test.matches(subject.path());
    }
    if (match instanceof AccessMatch.Identity identity) {
      return identity(identity.name());
    }
    if (match instanceof AccessMatch.PeerIp ip) {
      return subject -> inside(ip.range(), subject.peerIp());
    }
    if (match instanceof AccessMatch.RemoteIp ip) {
      return subject -> inside(ip.range(), subject.remoteIp());
    }
    if (match instanceof AccessMatch.LocalIp ip) {
      return subject -> inside(ip.range(), subject.localIp());
    }
    if (match instanceof AccessMatch.LocalPort port) {
      return subject -> {
        int local = subject.localPort();
        return local >= port.first() && local <= port.last();
      };
    }
    if (match instanceof AccessMatch.ServerName name) {
      TextTest test = TextTest.of(name.name());
      return subject -> test.test(subject.serverName());
    }
    return metadata((AccessMatch.Metadata) match);
  }

  private static Condition all(List<AccessMatch> matches) {
    if (matches.size() == 1) {
      return of(matches.get(0));
    }
    Condition[] parts = compiled(matches);
    return subject -> {
      for (Condition part : parts) {
        if (!part.test(subject)) {
          return false;
        }
      }
      return true;
    };
  }

  private static Condition any(List<AccessMatch> matches) {
    if (matches.size() == 1) {
      return of(matches.get(0));
    }
    Condition[] parts = compiled(matches);
    return subject -> {
      for (Condition part : parts) {
        if (part.test(subject)) {
          return true;
        }
      }
      return false;
    };
  }

  private static Condition[] compiled(List<AccessMatch> matches) {
    return matches.stream().map(Conditions::of).toArray(Condition[]::new);
  }

  private static Condition identity(@Nullable StringMatch name) {
    if (name == null) {
      return subject -> subject.identity() != null;
    }
    String namespace = Namespaces.of(name);
    TextTest test = TextTest.of(name);
    return subject -> {
      SpiffeId identity = subject.identity();
      if (identity == null) {
        return false;
      }
      if (namespace == null || identity.namespace() == null) {
        return test.test(identity.toString());
      }
      // Without the regex, which also takes a segment for what it is not.
      return namespace.equals(identity.namespace());
    };
  }

  private static boolean inside(Cidr range, byte @Nullable [] address) {
    return address != null && range.contains(address);
  }

  private static Condition metadata(AccessMatch.Metadata metadata) {
    ValueTest test = ValueTest.of(metadata.value());
    String filter = metadata.filter();
    String[] path = metadata.path().toArray(new String[0]);
    boolean invert = metadata.invert();
    return subject -> test.test(ValueTest.at(subject.call.finding(filter), path)) != invert;
  }
}
