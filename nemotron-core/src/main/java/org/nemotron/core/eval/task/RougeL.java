package org.nemotron.core.eval.task;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.util.List;
import java.util.Locale;

/**
 * ROUGE-L without stemming: the F1 of the longest common subsequence of words (Lin, 2004). Words
 * are what small letters a to z and digits make up; everything else divides them.
 */
final class RougeL {
  private static final CharMatcher IN_WORDS =
      CharMatcher.inRange('a', 'z').or(CharMatcher.inRange('0', '9'));
  private static final Splitter WORDS = Splitter.on(IN_WORDS.negate()).omitEmptyStrings();

  private RougeL() {}

  /** Returns the score, from 0 to 1; 0 where one of the texts has no word. */
  static double score(String answer, String target) {
    List<String> written = WORDS.splitToList(answer.toLowerCase(Locale.ROOT));
    List<String> right = WORDS.splitToList(target.toLowerCase(Locale.ROOT));
    int common = longestCommonSubsequence(written, right);
    if (common == 0) {
      return 0;
    }
    double precision = (double) common / written.size();
    double recall = (double) common / right.size();
    return 2 * precision * recall / (precision + recall);
  }

  private static int longestCommonSubsequence(List<String> a, List<String> b) {
    int[] row = new int[b.size() + 1];
    for (String word : a) {
      int diagonal = 0;
      for (int j = 1; j <= b.size(); j++) {
        int above = row[j];
        row[j] = word.equals(b.get(j - 1)) ? diagonal + 1 : Math.max(above, row[j - 1]);
        diagonal = above;
      }
    }
    return row[b.size()];
  }
}
