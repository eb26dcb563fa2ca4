package io.inmesh.server.config;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The wording of messages: quoting, shortening and guessing what was meant. */
public final class Words {

  private static final int SHOWN = 60;

  private Words() {}

  /** The text in single quotes, shortened. */
  static String quote(String text) {
    return "'" + cut(text) + "'";
  }

  /** At most 60 characters of a text. */
  static String cut(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
  }

  /** The first line of a text, at most 200 characters of it. */
  static String oneLine(String text) {
    String line = text.lines().findFirst().orElse("");
    return line.length() <= 200 ? line : line.substring(0, 200) + "…";
  }

  /** The noun with its article. */
  static String a(String noun) {
    return ("aeiouAI".indexOf(noun.charAt(0)) >= 0 ? "an " : "a ") + noun;
  }

  /** {@code a, b or c}. */
  static String or(Collection<String> words) {
    List<String> list = List.copyOf(words);
    if (list.size() == 1) {
      return list.get(0);
    }
    return String.join(", ", list.subList(0, list.size() - 1)) + " or " + list.get(list.size() - 1);
  }

  /** {@code did you mean 'x'?} if one of the words is close, else the words, if they are few. */
  static String suggest(String written, Collection<String> words) {
    String closest = closest(written, words);
    if (closest != null) {
      return "did you mean '" + closest + "'?";
    }
    if (words.isEmpty()) {
      return "";
    }
    return "expected " + (words.size() > 1 ? "one of " : "") + String.join(", ", words);
  }

  /** The word with the least edit distance, if it is small against the length. */
  public static @Nullable String closest(String written, Collection<String> words) {
    if (written.length() > SHOWN) {
      return null;
    }
    String best = null;
    int bestDistance = Math.max(1, written.length() / 3) + 1;
    for (String word : words) {
      int distance =
          distance(written.toLowerCase(Locale.ROOT), word.toLowerCase(Locale.ROOT), bestDistance);
      if (distance < bestDistance) {
        best = word;
        bestDistance = distance;
      }
    }
    return best;
  }

  /** Edit distance with neighbours swapped counting once (optimal string alignment). */
  static int distance(String a, String b, int limit) {
    if (Math.abs(a.length() - b.length()) > limit) {
      return limit + 1;
    }
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      d[i][0] = i;
    }
    for (int j = 0; j <= b.length(); j++) {
      d[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int best = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + cost);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          best = Math.min(best, d[i - 2][j - 2] + 1);
        }
        d[i][j] = best;
      }
    }
    return d[a.length()][b.length()];
  }
}
