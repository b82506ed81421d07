using ConnectAgent.Protocol.Intentions;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Intentions;

/// <summary>intentions L7-6.</summary>
public sealed class RequestPathTests
{
    private static readonly string[] Pieces =
    [
        "/", "//", ".", "..", "a", "B", "%2e", "%2E", "%2f", "%5C", "\\", "%", "%4", "%41", "%25", "%252e", "%c3%a9", "%ff", "%00", "\t", " ", "é",
        "?", "#", ";", "%3b", "%23", "%3f", "|", "%7c", "[", "\"", "@", "%40", "~", "\ud800", "%c0%af",
    ];

    private static readonly Arbitrary<string> Paths = Gen.Elements(Pieces).ListOf().Select(list => "/" + string.Concat(list)).ToArbitrary();

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/A/b/", "/A/b/")] // case and a last slash are kept
    [InlineData("/a?b=/../", "/a")]
    [InlineData("/a#b", "/a")]
    [InlineData("/a#b?c", "/a")]
    [InlineData("//a///b", "/a/b")]
    [InlineData("/%61%7E%2d", "/a~-")]
    [InlineData("/a%2ehtml", "/a.html")]
    [InlineData("/.well-known/x", "/.well-known/x")]
    [InlineData("/.../..a/b..", "/.../..a/b..")]
    [InlineData("/%40me%3Bv%3d1", "/@me;v=1")]
    [InlineData("/%c3%a9", "/%C3%A9")]
    [InlineData("/a%20b%3f%23%25", "/a%20b%3F%23%25")]
    [InlineData("/a|b\"", "/a%7Cb%22")]
    [InlineData("/%252e%252e/", "/%252e%252e/")] // one decoding, as a server does one
    public void A_path_has_one_form(string target, string expected)
    {
        RequestPath.Normalize(target, out var path).Should().BeNull();
        path.Should().Be(expected);
    }

    [Theory]
    [InlineData("", "no leading slash")]
    [InlineData("a", "no leading slash")]
    [InlineData("*", "no leading slash")]
    [InlineData("http://host/a", "no leading slash")]
    [InlineData("?/a", "no leading slash")]
    [InlineData("/a/../b", "dot segment")]
    [InlineData("/a/..", "dot segment")]
    [InlineData("/./a", "dot segment")]
    [InlineData("/a/.", "dot segment")]
    [InlineData("/a/%2e%2E/b", "dot segment")]
    [InlineData("/a/.%2e/b", "dot segment")]
    [InlineData("/a/..;x=1/b", "dot segment")]
    [InlineData("/a/..%3bx/b", "dot segment")]
    [InlineData("/a#/../b", "dot segment")]
    [InlineData("/..#a", "dot segment")]
    [InlineData("/a%2fb", "encoded slash")]
    [InlineData("/a%2Fb", "encoded slash")]
    [InlineData("/a\\b", "backslash")]
    [InlineData("/a%5cb", "backslash")]
    [InlineData("/a%00", "control character")]
    [InlineData("/a%0d%0a", "control character")]
    [InlineData("/a\n", "control character")]
    [InlineData("/a\u0085", "control character")]
    [InlineData("/a%7f", "control character")]
    [InlineData("/a b", "character that must be escaped")]
    [InlineData("/\u00e9", "character that must be escaped")]
    [InlineData("/\ud800", "character that must be escaped")]
    [InlineData("/%", "invalid percent escape")]
    [InlineData("/%4", "invalid percent escape")]
    [InlineData("/%zz", "invalid percent escape")]
    [InlineData("/%u0041", "invalid percent escape")]
    [InlineData("/%c0%af", "invalid percent escape")] // a slash in two bytes
    [InlineData("/%ff", "invalid percent escape")]
    [InlineData("/%c3", "invalid percent escape")]
    public void An_ambiguous_path_is_none(string target, string problem) => RequestPath.Normalize(target, out _).Should().Be(problem);

    [Fact]
    public void A_path_has_a_longest_length()
    {
        RequestPath.Normalize("/" + new string('a', RequestPath.Longest - 1), out _).Should().BeNull();
        RequestPath.Normalize("/" + new string('a', RequestPath.Longest), out _).Should().Be("too long");
        RequestPath.Normalize("/?" + new string('a', RequestPath.Longest), out _).Should().BeNull("the query does not count");
    }

    [Fact]
    public void The_form_is_a_fixed_point() => Prop.ForAll(Paths, target =>
        RequestPath.Normalize(target, out var path) is not null || (RequestPath.Normalize(path, out var again) is null && again == path))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void The_form_holds_nothing_ambiguous() => Prop.ForAll(Paths, target =>
    {
        if (RequestPath.Normalize(target, out var path) is not null)
        {
            return true;
        }

        var decoded = Uri.UnescapeDataString(path);
        return path.StartsWith('/')
            && !path.AsSpan().ContainsAny("\\?# \"") && !path.AsSpan().ContainsAnyExceptInRange('!', '~')
            && !path.Contains("//", StringComparison.Ordinal)
            && !decoded.Contains('\\', StringComparison.Ordinal) && !decoded.Any(char.IsControl) && !decoded.Contains('\ufffd', StringComparison.Ordinal)
            && decoded.Count(c => c == '/') == path.Count(c => c == '/')
            && decoded.Split('/').All(segment => segment.Split(';')[0] is not ("." or ".."));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact] // what is one path to a server that decodes once and merges slashes is one path here
    public void Spellings_of_a_plain_path_have_the_same_form() => Prop.ForAll(
        Gen.Elements("a", "B", "-", ".x", "~", "@", ";v", "/", "/c").ListOf().Select(list => "/" + string.Concat(list)).ToArbitrary(),
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        (plain, seed) =>
        {
            var random = new Random(seed);
            var spelled = string.Concat(plain.Select(c => c == '/' ? new string('/', random.Next(1, 4))
                : random.Next(2) == 0 ? c.ToString() : $"%{(int)c:x2}"));
            var problem = RequestPath.Normalize(plain, out var one);
            return RequestPath.Normalize(spelled, out var other) == problem && one == other;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
