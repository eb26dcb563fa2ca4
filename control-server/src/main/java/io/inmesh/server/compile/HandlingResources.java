package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;

/** Redirects, direct responses, rewrites and mirrors. */
final class HandlingResources {
  private HandlingResources() {}

  static void answer(LocalAnswer answer, Route.Builder route) {
    if (answer instanceof LocalAnswer.Redirect redirect) {
      route.setRedirect(redirect(redirect));
    } else if (answer instanceof LocalAnswer.Direct direct) {
      DirectResponseAction.Builder action =
          DirectResponseAction.newBuilder().setStatus(direct.status());
      if (!direct.body().isEmpty()) {
        action.setBody(DataSource.newBuilder().setInlineString(direct.body()));
      }
      route.setDirectResponse(action);
    }
  }

  private static RedirectAction redirect(LocalAnswer.Redirect redirect) {
    RedirectAction.Builder action = RedirectAction.newBuilder();
    if (redirect.scheme() != null) {
      action.setSchemeRedirect(redirect.scheme());
    }
    if (redirect.host() != null) {
      action.setHostRedirect(redirect.host());
    }
    if (redirect.port() != null) {
      action.setPortRedirect(redirect.port());
    }
    if (redirect.path() instanceof PathChange.Prefix prefix) {
      action.setPrefixRewrite(prefix.value());
    } else if (redirect.path() instanceof PathChange.Whole whole) {
      action.setPathRedirect(whole.value());
    }
    return action
        .setResponseCode(
            switch (redirect.status()) {
              case 301 -> RedirectAction.RedirectResponseCode.MOVED_PERMANENTLY;
              case 303 -> RedirectAction.RedirectResponseCode.SEE_OTHER;
              case 307 -> RedirectAction.RedirectResponseCode.TEMPORARY_REDIRECT;
              case 308 -> RedirectAction.RedirectResponseCode.PERMANENT_REDIRECT;
              default -> RedirectAction.RedirectResponseCode.FOUND;
            })
        .build();
  }

  static void apply(Handling handling, RouteAction.Builder action) {
    if (handling.host() != null) {
      action.setHostRewriteLiteral(handling.host());
    }
    if (handling.path() instanceof PathChange.Prefix prefix) {
      action.setPrefixRewrite(prefix.value().isEmpty() ? "/" : prefix.value());
    } else if (handling.path() instanceof PathChange.Whole whole) {
      action.setRegexRewrite(substitution("^/.*$", whole.value().replace("\\", "\\\\")));
    } else if (handling.path() instanceof PathChange.Found found) {
      action.setRegexRewrite(substitution(found.regex(), found.substitution()));
    }
    for (Handling.MirrorTarget mirror : handling.mirrors()) {
      action.addRequestMirrorPolicies(
          RouteAction.RequestMirrorPolicy.newBuilder()
              .setCluster(mirror.cluster())
              .setDisableShadowHostSuffixAppend(true)
              .setRuntimeFraction(
                  RuntimeFractionalPercent.newBuilder()
                      .setDefaultValue(Protos.share(mirror.millionths()))));
    }
  }

  private static RegexMatchAndSubstitute substitution(String regex, String substitution) {
    return RegexMatchAndSubstitute.newBuilder()
        .setPattern(RegexMatcher.newBuilder().setRegex(regex))
        .setSubstitution(substitution)
        .build();
  }
}
