package io.inmesh.filter.authz;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.LocalReply;
import io.inmesh.filter.DecisionLog;
import io.inmesh.filter.FilterCall;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Step;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessRules.Action;
import java.lang.System.Logger.Level;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lets a request pass or refuses it, without telling the caller why. Thread-safe. */
final class AccessFilter implements MeshFilter {
  private static final System.Logger LOG = System.getLogger(AccessFilter.class.getName());
  private static final System.Logger AUDIT = System.getLogger("io.inmesh.audit");
  private static final int PERMISSION_DENIED = 7;

  /** What the rules on trial found is told to later filters under this name. */
  static final String FINDING = "envoy.filters.http.rbac";

  private static final Step REFUSED =
      new Step.Answer(
          new LocalReply(403, PERMISSION_DENIED, List.of(), "RBAC: access denied", Reason.DENIED));

  private final @Nullable RuleSet rules;
  private final @Nullable RuleSet shadow;
  private final AccessMetrics metrics;
  private final DecisionLog refusals = new DecisionLog(LOG, Level.INFO);
  private final DecisionLog trials = new DecisionLog(LOG, Level.INFO);

  AccessFilter(AccessControl control, AccessMetrics metrics) {
    this.rules = control.rules() == null ? null : new RuleSet(control.rules(), null);
    this.shadow =
        control.shadow() == null ? null : new RuleSet(control.shadow(), control.shadowName());
    this.metrics = metrics;
  }

  @Override
  public boolean guards() {
    return true;
  }

  @Override
  public Step onRequest(FilterCall call) {
    Subject subject = new Subject(call);
    if (shadow != null) {
      tryOut(shadow, subject);
    }
    return rules == null ? Step.NEXT : decide(rules, subject);
  }

  private Step decide(RuleSet inForce, Subject subject) {
    int policy = inForce.first(subject);
    if (inForce.action == Action.LOG) {
      if (policy != RuleSet.NONE) {
        metrics.count(inForce.attributes(policy));
        AUDIT.log(
            Level.INFO, () -> DecisionLog.line(subject.call, "audited", inForce.name(policy), 0));
      }
      return Step.NEXT;
    }
    metrics.count(inForce.attributes(policy));
    if (!inForce.refuses(policy)) {
      return Step.NEXT;
    }
    refusals.tell(subject.call, "refused", inForce.name(policy));
    return REFUSED;
  }

  private void tryOut(RuleSet onTrial, Subject subject) {
    int policy = onTrial.first(subject);
    if (policy != RuleSet.NONE || onTrial.action != Action.LOG) {
      metrics.count(onTrial.attributes(policy));
    }
    if (policy != RuleSet.NONE) {
      subject.call.finding(FINDING, onTrial.finding(policy));
    }
    if (onTrial.refuses(policy)) {
      trials.tell(subject.call, "would be refused (dry run)", onTrial.name(policy));
    }
  }
}
