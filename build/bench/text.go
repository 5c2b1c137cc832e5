package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// words are 2-character Chinese words of office talk; search looks for some of them.
var words = strings.Fields(`今天 明天 会议 项目 合同 客户 报价 方案 进度 设计 测试 发布 版本 问题 修改 确认 审批 财务 发票 采购 库存 物流 供应 市场 推广
	活动 预算 成本 利润 销售 目标 计划 任务 负责 完成 延期 紧急 通知 公告 制度 培训 招聘 面试 入职 离职 考勤 请假 加班 调休 出差 报销 文件 表格
	数据 统计 分析 报告 总结 汇报 邮件 电话 地址 时间 地点 参加 准备 材料 资料 图片 视频 链接 密码 权限 账号 系统 网络 服务 更新 备份 恢复 安全`)

var latin = strings.Fields(`please check the draft before noon release build server deploy review meeting budget invoice contract customer feedback schedule design update version test report summary pending approved shipping warehouse`)

// message makes text number i, about 200 bytes, Chinese when i is even. The same i gives the same text.
func message(i int) string {
	rnd := rand.New(rand.NewPCG(uint64(i), 7))
	var b strings.Builder
	if i%2 == 0 {
		for b.Len() < 195 {
			b.WriteString(words[rnd.IntN(len(words))])
			if rnd.IntN(6) == 0 {
				b.WriteString("，")
			}
		}
		return b.String()
	}
	fmt.Fprintf(&b, "#%d ", i)
	for b.Len() < 195 {
		b.WriteString(latin[rnd.IntN(len(latin))])
		b.WriteByte(' ')
	}
	return b.String()
}
