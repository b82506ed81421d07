using System.Text.RegularExpressions;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests;

/// <summary>Links of the pages lead to a file, to a heading of it, and to what they name.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void FA_39_Links_lead_to_a_file_and_to_a_heading_that_is_there()
    {
        var links = Pages().SelectMany(page => Links(page)).ToList();
        links.Count.Should().BeGreaterThan(20);
        links.Where(link => !Path.Exists(link.Target)).Select(link => link.Shown).Should().BeEmpty();
        links.Where(link => link.Anchor.Length > 0 && Path.Exists(link.Target) && !Anchors(link.Target).Contains(link.Anchor))
            .Select(link => link.Shown).Should().BeEmpty("a heading must have that anchor");
    }

    [Fact] // a link said 0007 and led to 0006
    public void FA_39_A_link_that_names_a_design_note_leads_to_it() =>
        Pages().SelectMany(page => Links(page))
            .Where(link => NoteNumber().Match(link.Text) is { Success: true } number
                && !Path.GetFileName(link.Target).StartsWith(number.Groups["number"].Value, StringComparison.Ordinal))
            .Select(link => link.Shown).Should().BeEmpty();

    [Fact]
    public void FA_39_Each_design_note_has_a_number_of_its_own_and_says_it()
    {
        var notes = Directory.GetFiles(Path.Combine(Repository.Root, "docs", "design"), "*.md");
        notes.Select(note => Path.GetFileName(note)[..4]).Should().OnlyHaveUniqueItems();
        notes.Where(note => !File.ReadLines(note).First().StartsWith(
            $"# {Path.GetFileName(note)[..4].TrimStart('0')}. ", StringComparison.Ordinal)).Should().BeEmpty();
    }

    private static IEnumerable<string> Pages() =>
        new[] { "docs", "samples" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Repository.Root, "*.md"));

    private static IEnumerable<PageLink> Links(string page) => Link().Matches(Code().Replace(File.ReadAllText(page), string.Empty)).Select(match =>
    {
        var file = match.Groups["file"].Value;
        return new PageLink(
            match.Groups["text"].Value,
            file.Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, file),
            match.Groups["anchor"].Value,
            $"{Path.GetRelativePath(Repository.Root, page)}: {match.Value}");
    });

    // As the places that show such pages make them of headings.
    private static HashSet<string> Anchors(string page) => File.Exists(page)
        ? [.. Heading().Matches(Code().Replace(File.ReadAllText(page), string.Empty)).Select(match =>
            string.Concat(match.Groups["title"].Value.Trim().ToLowerInvariant().Where(letter => char.IsLetterOrDigit(letter) || letter is ' ' or '-' or '_'))
                .Replace(' ', '-'))]
        : [];

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\((?!https?:)(?<file>[^)#\s]*)(#(?<anchor>[^)\s]+))?\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (?<title>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"(^|/)(?<number>00[0-9]{2})\b", RegexOptions.ExplicitCapture)]
    private static partial Regex NoteNumber();

    private sealed record PageLink(string Text, string Target, string Anchor, string Shown);
}
