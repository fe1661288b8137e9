package org.nemotron.core.eval.mtbench;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nemotron.core.eval.task.ChatTurn;

/**
 * One question to a judge.
 *
 * @param question number of the question of MT-Bench
 * @param turn counted from 0
 * @param models whose answers are shown, in this order: one that is graded, or two
 * @param messages what is sent
 */
record JudgeRequest(
    int question, int turn, ImmutableList<String> models, ImmutableList<ChatTurn> messages) {
  /** What the judge's answer holds where it keeps to no form. */
  static final String NONE = "";

  private static final Pattern GRADE =
      Pattern.compile("\\[\\[\\s*(10(?:\\.0+)?|[1-9](?:\\.\\d+)?)\\s*]]");
  private static final Pattern CHOICE = Pattern.compile("\\[\\[\\s*([ABC])\\s*]]");

  /** Returns the last grade, or the last of A, B and C, in double brackets; {@link #NONE}. */
  String verdictOf(String judgment) {
    Matcher verdicts = (models.size() == 1 ? GRADE : CHOICE).matcher(judgment);
    String last = NONE;
    while (verdicts.find()) {
      last = verdicts.group(1);
    }
    return last;
  }

  /** Returns what a judgment depends on: the judge, and all that it was asked. */
  String key(String judge) {
    Hasher hasher = Hashing.sha256().newHasher();
    put(hasher, judge);
    for (ChatTurn message : messages) {
      put(hasher, message.role());
      put(hasher, message.content());
    }
    return hasher.hash().toString();
  }

  private static void put(Hasher hasher, String text) {
    Hasher unused = hasher.putInt(text.length()).putString(text, StandardCharsets.UTF_8);
  }
}
