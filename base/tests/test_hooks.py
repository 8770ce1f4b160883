# SPDX-License-Identifier: GPL-2.0
"""The hook engine: what it accepts, what it makes of a file, what it refuses."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import hooks

SOURCE = """\
#include <linux/one.h>

static int early(int a);

/*
 * Comment of early.
 */
static int early(int a)
{
	if (a)
		return 1;
	return 0;
}
EXPORT_SYMBOL_GPL(early);

/* One line. */
void __init
late(struct thing *thing,
     int b)
{
	mutex_lock(&thing->lock);
	early(b);
	if (b) {
		return;
	}
}

static inline void stub(void) { }

int last(void)
{
	return early(0);
}
"""


def run(text, source=SOURCE):
    return hooks.apply(source, hooks.parse(text, "t.hook"))


class Parse(unittest.TestCase):
    def refused(self, text, message):
        with self.assertRaisesRegex(hooks.HookError, message):
            hooks.parse(text, "t.hook")

    def test_comments_and_blank_lines_say_nothing(self):
        self.assertEqual(hooks.parse("# why\n\n", "t.hook"), [])

    def test_line_before_file(self):
        self.refused("+x\n", "t.hook:1: a line before")

    def test_header_words(self):
        self.refused("@\n-a\n", "t.hook:1")
        self.refused("@ f fn x\n-a\n", "t.hook:1")

    def test_hunk_without_anchor(self):
        self.refused("# c\n@ f\n+new\n", "t.hook:2: a hunk needs one quoted line")

    def test_two_anchors(self):
        self.refused("@ f\n-a\n-b\n", "t.hook:3: a second quoted line")

    def test_additions_without_anchor(self):
        self.refused("@ f\nd\n+new\n", "need a quoted line")

    def test_optional_without_anchor(self):
        self.refused("@? f\nd\n", "t.hook:1: '@\\?' needs a quoted line")

    def test_empty_anchor(self):
        self.refused("@ f\n-\n", "quoted line is empty")

    def test_unknown_mark(self):
        self.refused("@ f\n?what\n", "t.hook:2: .* is none of")

    def test_indented_anchor_starting_with_a_mark(self):
        hunk, = hooks.parse("@ f\n-\t-x\n", "t.hook")
        self.assertEqual(hunk.anchor, "\t-x")


class Apply(unittest.TestCase):
    def test_replace(self):
        self.assertIn("\n#include <linux/two.h>\n", "\n" + run("@ f\n-#include <linux/one.h>\n+#include <linux/two.h>\n"))

    def test_insert_after_and_before(self):
        text = run("@ f\n+first\n #include <linux/one.h>\n+second\n")
        self.assertTrue(text.startswith("first\n#include <linux/one.h>\nsecond\n"))

    def test_added_text_is_verbatim(self):
        self.assertIn("\n\t  x\n", run("@ f last\n return early(0);\n+\t  x\n"))

    def test_anchor_ignores_outer_white_space(self):
        self.assertNotIn("mutex_lock", run("@ f\n-mutex_lock(&thing->lock);\n"))

    def test_kept_anchor_keeps_the_kernel_s_indentation(self):
        self.assertIn("\n\tmutex_lock(&thing->lock);\nnew\n", run("@ f\n mutex_lock(&thing->lock);\n+new\n"))

    def test_ambiguous_anchor(self):
        with self.assertRaisesRegex(hooks.HookError, r"t.hook:1: '}' matches 4 lines of f"):
            run("@ f\n-}\n")

    def test_missing_anchor(self):
        with self.assertRaisesRegex(hooks.HookError, "matches 0 lines"):
            run("@ f\n-not there\n")

    def test_optional_anchor(self):
        self.assertEqual(run("@? f\n-not there\n+new\n"), SOURCE)
        self.assertIn("\nnew\n", run("@? f\n #include <linux/one.h>\n+new\n"))
        with self.assertRaisesRegex(hooks.HookError, "matches 4 lines"):
            run("@? f\n-}\n")

    def test_function_scope(self):
        text = run("@ f early\n-{\n+{ /* here */\n")
        self.assertIn("static int early(int a)\n{ /* here */\n", text)
        self.assertEqual(text.count("here"), 1)

    def test_nth_match(self):
        self.assertIn("\t}\n}/* end */\n", run("@ f late 2\n-}\n+}/* end */\n"))

    def test_nth_match_beyond(self):
        with self.assertRaisesRegex(hooks.HookError, "matches 2 lines"):
            run("@ f late 3\n-}\n")

    def test_scope_without_function(self):
        with self.assertRaisesRegex(hooks.HookError, "no function nowhere"):
            run("@ f nowhere\n-{\n")

    def test_hunks_build_on_each_other(self):
        self.assertIn("three", run("@ f\n-#include <linux/one.h>\n+two\n@ f\n-two\n+three\n"))

    def test_delete(self):
        self.assertIsNone(run("@ f\nd\n"))

    def test_untouched_text_stays(self):
        self.assertEqual(run("@ f\n #include <linux/one.h>\n"), SOURCE)


class Remove(unittest.TestCase):
    def test_with_comment_and_export(self):
        text = run("@ f\nx early\n")
        self.assertTrue(text.startswith(
            "#include <linux/one.h>\n\nstatic int early(int a);\n\n/* One line. */\nvoid __init\n"))

    def test_split_head(self):
        text = run("@ f\nx late\n")
        self.assertNotIn("One line", text)
        self.assertNotIn("__init", text)
        self.assertIn("EXPORT_SYMBOL_GPL(early);\n\nstatic inline void stub(void) { }\n", text)

    def test_body_on_one_line(self):
        self.assertNotIn("stub", run("@ f\nx stub\n"))

    def test_last(self):
        self.assertTrue(run("@ f\nx last\n").endswith("stub(void) { }\n"))

    def test_call_is_no_definition(self):
        with self.assertRaisesRegex(hooks.HookError, "mutex_lock is defined 0 times"):
            run("@ f\nx mutex_lock\n")

    def test_twice_defined(self):
        source = "#ifdef A\nint f(void)\n{\n}\n#else\nint f(void)\n{\n}\n#endif\n"
        with self.assertRaisesRegex(hooks.HookError, "defined 2 times"):
            run("@ x\nx f\n", source)

    def test_comment_of_another(self):
        source = "/* about nothing */\n\nint f(void)\n{\n}\n"
        self.assertEqual(run("@ x\nx f\n", source), "/* about nothing */\n")


class RemoveOthers(unittest.TestCase):
    SOURCE = """\
/* Which way. */
enum way {
	LEFT,
	RIGHT,
};

static int table[LEFT + 1][RIGHT - 1] = {
	{ 1 },
};

#ifdef CONFIG_ONE
static int both(void)
{
	return 1;
}

#else
static int both(void) { return 2; }
#endif /* CONFIG_ONE */

#ifdef CONFIG_TWO
int kept;
#endif
"""

    def test_an_enum_goes_with_its_comment(self):
        self.assertTrue(run("@ f\nx way\n", self.SOURCE).startswith("static int table"))

    def test_a_table_goes(self):
        text = run("@ f\nx table\n", self.SOURCE)
        self.assertNotIn("table", text)
        self.assertNotIn("{ 1 }", text)

    def test_all_definitions_go_and_an_empty_condition_with_them(self):
        text = run("@ f\nx both all\n", self.SOURCE)
        self.assertNotIn("both", text)
        self.assertNotIn("CONFIG_ONE", text)
        self.assertTrue(text.endswith("#ifdef CONFIG_TWO\nint kept;\n#endif\n"))

    def test_two_definitions_need_the_word_all(self):
        with self.assertRaisesRegex(hooks.HookError, "both is defined 2 times"):
            run("@ f\nx both\n", self.SOURCE)

    def test_what_is_not_there(self):
        with self.assertRaisesRegex(hooks.HookError, "none is defined 0 times"):
            run("@ f\nx none all\n", self.SOURCE)

    def test_another_word_than_all(self):
        with self.assertRaises(hooks.HookError):
            run("@ f\nx both some\n", self.SOURCE)


if __name__ == "__main__":
    unittest.main()
