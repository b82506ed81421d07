using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Hcl;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Acl.Rules;

/// <summary>Turns a policy's text into rules (acl section 6).</summary>
internal static class PolicyRulesReader
{
    private const string ParseError = "Failed to parse ACL rules: ";

    // In the order in which they are checked (ACL-RULE-20); the record's name and field are part of the error texts.
    private static readonly NamedSyntax[] Named =
    [
        new("agent", NamedKind.Agent, false, "AgentRule", "Node", HasTail: false),
        new("agent_prefix", NamedKind.Agent, true, "AgentRule", "Node", HasTail: false),
        new("key", NamedKind.Key, false, "KeyRule", "Prefix", HasTail: true),
        new("key_prefix", NamedKind.Key, true, "KeyRule", "Prefix", HasTail: true),
        new("node", NamedKind.Node, false, "NodeRule", "Name", HasTail: true),
        new("node_prefix", NamedKind.Node, true, "NodeRule", "Name", HasTail: true),
        new("service", NamedKind.Service, false, "ServiceRule", "Name", HasTail: true),
        new("service_prefix", NamedKind.Service, true, "ServiceRule", "Name", HasTail: true),
        new("session", NamedKind.Session, false, "SessionRule", "Node", HasTail: false),
        new("session_prefix", NamedKind.Session, true, "SessionRule", "Node", HasTail: false),
        new("event", NamedKind.Event, false, "EventRule", "Event", HasTail: false),
        new("event_prefix", NamedKind.Event, true, "EventRule", "Event", HasTail: false),
        new("query", NamedKind.Query, false, "PreparedQueryRule", "Prefix", HasTail: false),
        new("query_prefix", NamedKind.Query, true, "PreparedQueryRule", "Prefix", HasTail: false),
    ];

    private static readonly (string Word, PlainKind Kind)[] PlainLast =
        [("keyring", PlainKind.Keyring), ("operator", PlainKind.Operator), ("mesh", PlainKind.Mesh), ("peering", PlainKind.Peering)];

    /// <summary>Reads and checks a rule text.</summary>
    /// <param name="text">HCL or JSON; empty grants nothing.</param>
    /// <param name="unknown">Gets the name of each unknown kind, which is otherwise ignored (ACL-RULE-3).</param>
    /// <exception cref="ServerException">500 with the text of ACL-RULE-6 to ACL-RULE-19.</exception>
    public static PolicyRules Read(string text, Action<string>? unknown = null)
    {
        try
        {
            return Rules(HclParser.Parse(text), unknown);
        }
        catch (HclException error)
        {
            throw AclRefusal.Failed(ParseError + error.Message, error.Limit);
        }
    }

    private static PolicyRules Rules(HclObject root, Action<string>? unknown)
    {
        Dictionary<PlainKind, AclLevel> plain = [];
        Dictionary<RuleScope, RuleLevels> named = [];

        // Everything is decoded before anything is checked, as in the reference: a type error wins over a bad level.
        var plainTexts = PlainLast.Prepend(("acl", PlainKind.Acl)).Select(kind => (Kind: kind, Text: PlainText(root, kind.Item1))).ToList();
        var bodies = Named.Select(syntax => (Syntax: syntax, Rules: Bodies(root, syntax).ToList())).ToList();
        Check(plainTexts[0].Kind.Item1, plainTexts[0].Kind.Item2, plainTexts[0].Text, plain);
        foreach (var (syntax, rules) in bodies)
        {
            foreach (var rule in rules)
            {
                var scope = new RuleScope(syntax.Kind, syntax.IsPrefix, rule.Name);
                named[scope] = PolicyRules.Merge(named.GetValueOrDefault(scope), Check(syntax, rule));
            }
        }

        foreach (var ((word, kind), text) in plainTexts.Skip(1))
        {
            Check(word, kind, text, plain);
        }

        foreach (var kind in root.Items.Select(item => item.Keys[0]).Where(kind => !IsKnown(kind)))
        {
            unknown?.Invoke(kind);
        }

        return PolicyRules.Of(named, plain);
    }

    private static bool IsKnown(string kind) => Named.Any(syntax => Is(kind, syntax.Word)) || Is(kind, "acl") || PlainLast.Any(entry => Is(kind, entry.Word));

    private static bool Is(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    // ACL-RULE-5: the last wins.
    private static string? PlainText(HclObject root, string word)
    {
        string? text = null;
        foreach (var item in root.Items.Where(item => Is(item.Keys[0], word)))
        {
            text = TextOf(item.Value, "root." + word);
        }

        return text;
    }

    private static void Check(string word, PlainKind kind, string? text, Dictionary<PlainKind, AclLevel> plain)
    {
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        var level = AclLevels.Parse(text);
        plain[kind] = level is AclLevel.None or AclLevel.List ? throw Invalid($"Invalid {word} policy: {GoQuote.Of(text)}") : level;
    }

    private static RuleLevels Check(NamedSyntax syntax, RuleBody rule)
    {
        var policy = AclLevels.Parse(rule.Policy);
        if (policy == AclLevel.None || (policy == AclLevel.List && syntax.Kind != NamedKind.Key))
        {
            throw Invalid($"Invalid {syntax.Word} policy: {syntax.Record(rule)}");
        }

        var intentions = AclLevels.Parse(rule.Intentions);
        return rule.Intentions.Length > 0 && intentions is AclLevel.None or AclLevel.List
            ? throw Invalid($"Invalid {syntax.Word} intentions policy: {syntax.Record(rule)}")
            : new RuleLevels(policy, intentions);
    }

    private static ServerException Invalid(string text) => new(FailureKind.Mistake, text);

    private static IEnumerable<RuleBody> Bodies(HclObject root, NamedSyntax syntax)
    {
        var index = 0;
        foreach (var item in root.Items.Where(item => Is(item.Keys[0], syntax.Word)))
        {
            foreach (var (name, body) in NamesOf(item.Keys.Skip(1).ToList(), item.Value))
            {
                var at = $"root.{syntax.Word}[{index++}]";
                yield return new RuleBody(name, Attribute(body, at, "policy", "Policy"), syntax.Kind == NamedKind.Service
                    ? Attribute(body, at, "intentions", "Intentions")
                    : string.Empty);
            }
        }
    }

    // A name may be a key of the block, or of an object or a list of objects inside.
    private static IEnumerable<(string Name, HclObject Body)> NamesOf(IReadOnlyList<string> names, HclNode value)
    {
        switch (value)
        {
            case HclList list:
                foreach (var found in list.Items.SelectMany(item => NamesOf(names, item)))
                {
                    yield return found;
                }

                break;
            case HclObject body when names.Count == 1:
                yield return (names[0], body);
                break;
            case HclObject body when names.Count > 1:
                // ACL-RULE-21: what stands inside is an attribute that nobody knows, so the level is missing.
                yield return (names[0], new HclObject(body.At, []));
                break;
            case HclObject body:
                foreach (var found in body.Items.SelectMany(item => NamesOf(item.Keys, item.Value)))
                {
                    yield return found;
                }

                break;
            case var _ when names.Count == 0:
                throw new HclException(value.At, "unknown slice type: *ast.LiteralType");
            case var _ when Is(names[0], "policy") || Is(names[0], "intentions"):
                // ACL-RULE-21: the reference takes this for a rule of the service named "policy".
                throw new HclException(value.At, "the rule has no name");
            default:
                yield return (names[0], new HclObject(value.At, []));
                break;
        }
    }

    private static string Attribute(HclObject body, string at, string word, string field)
    {
        var text = string.Empty;
        foreach (var item in body.Items.Where(item => item.Keys.Count == 1 && Is(item.Keys[0], word)))
        {
            text = TextOf(item.Value, $"{at}.{field}");
        }

        return text;
    }

    private static string TextOf(HclNode value, string path) => value switch
    {
        HclText text => text.Text,
        HclBoolean => throw new HclException(value.At, $"{path}: unknown type for string *ast.LiteralType"),
        HclList => throw new HclException(value.At, $"{path}: unknown type for string *ast.ListType"),
        _ => throw new HclException(value.At, $"{path}: unknown type for string *ast.ObjectType"),
    };

    private sealed record RuleBody(string Name, string Policy, string Intentions);

    /// <summary>How a named kind is written, and how the reference prints its rules.</summary>
    private sealed record NamedSyntax(string Word, NamedKind Kind, bool IsPrefix, string GoType, string GoField, bool HasTail)
    {
        public string Record(RuleBody rule) =>
            $"&acl.{GoType}{{{GoField}:{GoQuote.Of(rule.Name)}, Policy:{GoQuote.Of(rule.Policy)}"
            + (Kind == NamedKind.Service ? $", Intentions:{GoQuote.Of(rule.Intentions)}" : string.Empty)
            + (HasTail ? ", EnterpriseRule:acl.EnterpriseRule{}}" : "}");
    }
}
