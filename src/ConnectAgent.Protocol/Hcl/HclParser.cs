using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Hcl;

/// <summary>Reads HCL 1, or JSON when the text begins with a brace (acl ACL-RULE-1, config-and-cli LOAD-5). Bounded in depth; the caller bounds its length.</summary>
public ref struct HclParser
{
    private const string DepthLimit = "acl.rules_depth";

    [Limit(DepthLimit, "levels", "refused", Refuses = true)]
    private const int Deepest = 64;
    private HclScanner _scanner;
    private HclToken _token;
    private int _depth;

    private HclParser(string text)
    {
        _scanner = new HclScanner(text);
        _token = _scanner.Next();
    }

    /// <summary>Reads the whole text as one object.</summary>
    /// <exception cref="HclException">With the place and the reference's words.</exception>
    public static HclObject Parse(string text)
    {
        if (text.AsSpan().TrimStart().StartsWith("{"))
        {
            return ParseJson(text);
        }

        var parser = new HclParser(text);
        var items = parser.Items(HclTokenKind.EndOfText);
        return new HclObject(new HclPosition(1, 1), items);
    }

    private static HclObject ParseJson(string text)
    {
        // Through UTF-8, so that half a surrogate pair becomes a replacement character.
        var json = Encoding.UTF8.GetBytes(text);
        try
        {
            using var document = JsonDocument.Parse(
                json, new JsonDocumentOptions { MaxDepth = Deepest, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return (HclObject)NodeOf(document.RootElement);
        }
        catch (InvalidOperationException)
        {
            throw new HclException(HclPosition.Unknown, "a text is no valid Unicode");
        }
        catch (JsonException error)
        {
            throw new HclException(
                new HclPosition((int)(error.LineNumber ?? 0) + 1, (int)(error.BytePositionInLine ?? 0) + 1), "error parsing JSON",
                JsonTexts.AreNestedDeeper(json, Deepest, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) ? DepthLimit : null);
        }
    }

    private static HclNode NodeOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new HclObject(HclPosition.Unknown, [
            .. element.EnumerateObject().Select(field => new HclItem(HclPosition.Unknown, [field.Name], NodeOf(field.Value)))]),
        JsonValueKind.Array => new HclList(HclPosition.Unknown, [.. element.EnumerateArray().Select(NodeOf)]),
        JsonValueKind.True or JsonValueKind.False => new HclBoolean(HclPosition.Unknown, element.GetBoolean()),
        JsonValueKind.String => new HclText(HclPosition.Unknown, element.GetString()!),
        JsonValueKind.Number => new HclText(HclPosition.Unknown, element.GetRawText(), IsNumber: true),
        _ => new HclText(HclPosition.Unknown, string.Empty),
    };

    private static string NameOf(HclTokenKind kind) => kind switch
    {
        HclTokenKind.EndOfText => "EOF",
        HclTokenKind.Identifier => "IDENT",
        HclTokenKind.Text => "STRING",
        HclTokenKind.Number => "NUMBER",
        HclTokenKind.Boolean => "BOOL",
        HclTokenKind.OpenBrace => "LBRACE",
        HclTokenKind.CloseBrace => "RBRACE",
        HclTokenKind.OpenBracket => "LBRACK",
        HclTokenKind.CloseBracket => "RBRACK",
        HclTokenKind.Assign => "ASSIGN",
        _ => "COMMA",
    };

    private List<HclItem> Items(HclTokenKind end)
    {
        List<HclItem> items = [];
        while (_token.Kind != end)
        {
            if (_token.Kind == HclTokenKind.EndOfText)
            {
                throw new HclException(_token.At, "object expected closing RBRACE got: EOF");
            }

            items.Add(Item());
            if (_token.Kind == HclTokenKind.Comma)
            {
                Advance();
            }
        }

        return items;
    }

    private HclItem Item()
    {
        var at = _token.At;
        List<string> keys = [];
        while (true)
        {
            switch (_token.Kind)
            {
                case HclTokenKind.Identifier or HclTokenKind.Text:
                    keys.Add(_token.Text);
                    Advance();
                    break;
                case HclTokenKind.Assign when keys.Count == 1:
                    Advance();
                    return new HclItem(at, keys, Value());
                case HclTokenKind.OpenBrace when keys.Count > 0:
                    // Each key but the last is an object of its own.
                    _depth += keys.Count - 1;
                    var body = Object();
                    _depth -= keys.Count - 1;
                    return new HclItem(at, keys, body);
                case HclTokenKind.Assign when keys.Count > 1:
                    throw new HclException(_token.At, $"nested object expected: LBRACE got: {NameOf(_token.Kind)}");
                case HclTokenKind.EndOfText or HclTokenKind.CloseBrace or HclTokenKind.Comma when keys.Count > 0:
                    throw new HclException(
                        _token.At, $"key '{string.Join(' ', keys)}' expected start of object ('{{') or assignment ('=')");
                default:
                    throw new HclException(_token.At, $"expected: IDENT | STRING | ASSIGN | LBRACE got: {NameOf(_token.Kind)}");
            }
        }
    }

    private HclNode Value()
    {
        var (kind, at, text) = _token;
        switch (kind)
        {
            case HclTokenKind.Text or HclTokenKind.Number:
                Advance();
                return new HclText(at, text, kind == HclTokenKind.Number);
            case HclTokenKind.Boolean:
                Advance();
                return new HclBoolean(at, text == "true");
            case HclTokenKind.OpenBrace:
                return Object();
            case HclTokenKind.OpenBracket:
                return List();
            default:
                throw new HclException(at, $"Unknown token: {at} {NameOf(kind)} {text}");
        }
    }

    private HclObject Object()
    {
        var at = Enter();
        var items = Items(HclTokenKind.CloseBrace);
        Leave();
        return new HclObject(at, items);
    }

    private HclList List()
    {
        var start = Enter();
        List<HclNode> items = [];
        while (_token.Kind != HclTokenKind.CloseBracket)
        {
            items.Add(Value());
            if (_token.Kind == HclTokenKind.Comma)
            {
                Advance();
            }
            else if (_token.Kind != HclTokenKind.CloseBracket)
            {
                // Of a list the reference counts the end as it is.
                var at = _token.Kind == HclTokenKind.EndOfText ? _token.At with { Column = _token.At.Column - 1 } : _token.At;
                throw new HclException(at, $"error parsing list, expected comma or list end, got: {NameOf(_token.Kind)}");
            }
        }

        Leave();
        return new HclList(start, items);
    }

    private HclPosition Enter()
    {
        var at = _token.At;
        if (++_depth > Deepest)
        {
            throw new HclException(at, $"nested deeper than {Deepest}", DepthLimit);
        }

        Advance();
        return at;
    }

    private void Leave()
    {
        _depth--;
        Advance();
    }

    private void Advance() => _token = _scanner.Next();
}
