/** Agents with a model, and how to bring them in. It lies here because the scripted agent tells it from inside the fence. */
export const REAL_AGENTS: readonly { title: string; /** Markdown. */ advice: string }[] = [
  {
    title: 'Claude Code',
    advice:
      '`npm install -g @anthropic-ai/claude-code`, then see `drover agents`; set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN',
  },
  { title: 'Codex', advice: '`npm install -g @openai/codex`, set OPENAI_API_KEY, or the tokens of its own login' },
  { title: 'Gemini CLI', advice: '`npm install -g @google/gemini-cli`, set GEMINI_API_KEY' },
  { title: 'opencode', advice: '`npm install -g opencode-ai`, set OPENAI_API_KEY' },
  {
    title: 'Aider',
    advice: '`uv tool install aider-chat`, set OPENROUTER_API_KEY, ANTHROPIC_API_KEY or OPENAI_API_KEY',
  },
  { title: 'Any other', advice: 'that speaks ACP: describe it in agents.json. Then start Drover again' },
]
