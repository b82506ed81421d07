namespace ConnectAgent.Caching.Files;

/// <summary>At our file's path lies what no agent has written: a link, a pipe or a socket. It is neither followed nor read.</summary>
internal sealed class ForeignFileException(string reason) : IOException(reason);
